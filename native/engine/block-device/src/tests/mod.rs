//! Devices against a plain vector, and against files that misbehave.

mod contents;
mod files;
mod pipes;
