//! The words: structures, sides, and the codes that name them.

mod codes;
mod foreign_codes;
mod structure;

pub use codes::{Code, LEFT, RIGHT, Scheme, code};
pub use foreign_codes::{Generic, generic_of_code, side_of_code, structure_of_code};
pub use structure::{Kind, Side, Structure};
