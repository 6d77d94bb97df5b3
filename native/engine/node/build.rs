//! Tells the linker about the symbols that Node provides when it loads the addon.

fn main() {
    napi_build::setup();
}
