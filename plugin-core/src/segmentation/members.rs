//! Which numbers make up a structure.

/// Label values or Segment Numbers of one structure, for a question at every voxel: a table, because a structure may have any number
/// of them.
pub(super) struct Members(Vec<bool>);

impl Members {
    pub fn new(numbers: &[u16]) -> Members {
        let mut table = vec![false; 1 << 16];
        numbers.iter().for_each(|number| table[usize::from(*number)] = true);
        Members(table)
    }

    pub fn contains(&self, number: u16) -> bool {
        self.0[usize::from(number)]
    }
}
