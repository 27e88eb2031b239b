//! The words: structures, sides, and the codes that name them.

mod codes;
mod structure;

pub use codes::{Code, LEFT, RIGHT, Scheme, code};
pub use structure::{Kind, Side, Structure};
