{
  "variables": {
    "sanitize%": "none",
  },
  "targets": [
    {
      "target_name": "blockferry_libvirt",
      "sources": ["<!@(node -p \"require('fs').readdirSync('src').filter((name) => name.endsWith('.cc')).sort().map((name) => 'src/' + name).join(' ')\")"],
      "include_dirs": ["<!(node -p \"require('node-addon-api').include_dir\")"],
      # The last one: in an environment that is being torn down nothing can be thrown, and nothing is.
      "defines": [
        "NAPI_VERSION=9",
        "NODE_ADDON_API_CPP_EXCEPTIONS_ALL",
        "NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS",
      ],
      "cflags": ["<!@(pkg-config --cflags libvirt libvirt-qemu)"],
      "libraries": ["<!@(pkg-config --libs libvirt libvirt-qemu)"],
      "cflags_cc!": ["-fno-exceptions", "-fno-rtti", "-std=gnu++17"],
      "cflags_cc": ["-std=c++20", "-fexceptions", "-Wall", "-Wextra", "-fvisibility=hidden"],
      # Threads of ours outlive the environment that loaded the addon: it must never be unmapped.
      "ldflags": ["-Wl,-z,nodelete", "-Wl,--as-needed"],
      "conditions": [
        ["sanitize=='address'", {
          "cflags_cc": ["-fsanitize=address", "-fno-omit-frame-pointer", "-g", "-O1"],
          "ldflags": ["-fsanitize=address"],
        }],
      ],
    },
  ],
}
