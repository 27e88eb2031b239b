use bonemuscle_client::{Error, LoadError, Status};

/// Why there is no result, and the exit code that says so; the codes stand in `--help`.
#[derive(Debug)]
pub struct Failure {
    pub exit: u8,
    pub sentence: String,
}

impl Failure {
    /// The user, or the input, has to change.
    pub fn usage(sentence: impl ToString) -> Self {
        Failure { exit: 2, sentence: sentence.to_string() }
    }

    /// The machine or this program has to change.
    pub fn machine(sentence: impl ToString) -> Self {
        Failure { exit: 1, sentence: sentence.to_string() }
    }
}

impl From<LoadError> for Failure {
    fn from(error: LoadError) -> Self {
        Failure::machine(error)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let exit = match error.status {
            Status::InvalidArgument | Status::Settings | Status::Input | Status::Labels => 2,
            // What a shell gives for a program that SIGINT ended.
            Status::Cancelled => 130,
            _ => 1,
        };
        Failure { exit, sentence: error.message }
    }
}
