//! Bitmaps against naive models.

mod concurrent_marks;
mod serial_form;
mod shadow;
