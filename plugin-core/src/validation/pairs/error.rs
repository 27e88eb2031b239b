/// Why a table of pairs cannot be used. No sentence holds a patient's name or number.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PairsError {
    /// There is too much of it.
    #[error("the table holds more than {most} {what}; split it")]
    Long {
        /// What there is too much of.
        what: &'static str,
        /// The most that is read.
        most: usize,
    },
    /// It has no lines below the header.
    #[error("the table holds no pairs: line 1 must name the columns, and every line below it holds a pair")]
    Empty,
    /// A line is not text.
    #[error("line {line} is not UTF-8; save the table as CSV in UTF-8")]
    NotUtf8 {
        /// Which.
        line: usize,
    },
    /// A column is missing.
    #[error("line 1: the column \"{column}\" is missing; needed are {needed}")]
    Missing {
        /// Which.
        column: &'static str,
        /// All that are needed.
        needed: String,
    },
    /// A column is not known.
    #[error("line 1: column {number} is called \"{name}\"; known are {known}")]
    Unknown {
        /// Counted from 1.
        number: usize,
        /// Its name.
        name: String,
        /// All that are known.
        known: String,
    },
    /// Two columns have one name.
    #[error("line 1: two columns are called \"{column}\"")]
    SameColumn {
        /// The name.
        column: &'static str,
    },
    /// A line is too short or too long.
    #[error("line {line} holds {found} cells; line 1 names {wanted} columns")]
    Cells {
        /// Which.
        line: usize,
        /// How many cells it holds.
        found: usize,
        /// How many it should.
        wanted: usize,
    },
    /// A cell cannot be used.
    #[error("line {line}, column \"{column}\": {problem}")]
    Cell {
        /// Its line.
        line: usize,
        /// Its column.
        column: &'static str,
        /// What is wrong with it.
        problem: String,
    },
    /// Units differ.
    #[error("line {line}, column \"unit\": \"{found}\", where \"{wanted}\" is needed; a quantity has one unit")]
    Unit {
        /// Its line.
        line: usize,
        /// What stands there.
        found: String,
        /// What should.
        wanted: String,
    },
    /// A measurement stands twice.
    #[error(
        "line {line}, column \"patient\": the patient, site and repeat of line {earlier} once more; \
         number repeated measurements in a column \"repeat\"; of two hips give one, or their mean"
    )]
    Twice {
        /// The later line.
        line: usize,
        /// The earlier one.
        earlier: usize,
    },
    /// The quantity that was asked for is not there.
    #[error("no line is of the quantity \"{wanted}\"; the column \"quantity\" holds: {}", .found.join(", "))]
    NoSuchQuantity {
        /// What was asked for.
        wanted: String,
        /// What is there.
        found: Vec<String>,
    },
    /// Nobody said which quantity is meant.
    #[error("the table holds several quantities; choose one: {}", .found.join(", "))]
    SeveralQuantities {
        /// What is there.
        found: Vec<String>,
    },
}
