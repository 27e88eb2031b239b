use plugin_core::calibration::CalibrationError;
use plugin_core::phantom::PhantomError;
use plugin_core::pipeline;
use plugin_core::read::ReadError;
use plugin_core::registration::RegistrationError;
use plugin_core::results::WriteError;
use plugin_core::segmentation::{LabelError, ModelError};
use plugin_core::validation::ValidationError;
use plugin_core::volume::AssembleError;

/// How a call ended. A number is never given to another meaning.
#[repr(u32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum bonemuscle_status {
    /// As asked.
    Ok = 0,
    /// NULL where a pointer is needed, text that is not UTF-8, or an argument out of range.
    InvalidArgument = 1,
    /// The settings cannot be used.
    Settings = 2,
    /// The input cannot be read, or is nothing that can be measured.
    Input = 3,
    /// There are no usable labels.
    Labels = 4,
    /// The progress function asked to stop.
    Cancelled = 5,
    /// The results could not be written.
    Write = 6,
    /// An error of BoneMuscle itself.
    Internal = 7,
    /// A model's files, or the library that runs models, cannot be used.
    Model = 8,
    // Last added.
}

/// A status that is not OK, and its sentence.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) status: bonemuscle_status,
    pub(crate) sentence: String,
}

impl Failure {
    pub(crate) fn new(status: bonemuscle_status, sentence: impl ToString) -> Self {
        Failure { status, sentence: sentence.to_string() }
    }

    pub(crate) fn argument(sentence: impl ToString) -> Self {
        Failure::new(bonemuscle_status::InvalidArgument, sentence)
    }

    pub(crate) fn internal(sentence: impl ToString) -> Self {
        Failure::new(bonemuscle_status::Internal, sentence)
    }
}

impl From<pipeline::Error> for Failure {
    fn from(error: pipeline::Error) -> Self {
        let status = match &error {
            pipeline::Error::Settings(_) => bonemuscle_status::Settings,
            pipeline::Error::Cancelled(_)
            | pipeline::Error::Read(ReadError::Cancelled(_))
            | pipeline::Error::Assemble(AssembleError::Cancelled(_) | AssembleError::Read(ReadError::Cancelled(_)))
            | pipeline::Error::Labels(LabelError::Cancelled(_) | LabelError::Read(ReadError::Cancelled(_)))
            | pipeline::Error::Registration(RegistrationError::Cancelled(_))
            | pipeline::Error::Write(WriteError::Cancelled(_)) => bonemuscle_status::Cancelled,
            pipeline::Error::Read(_) | pipeline::Error::Assemble(_) | pipeline::Error::OtherVolume { .. } => {
                bonemuscle_status::Input
            }
            pipeline::Error::Calibration(CalibrationError::Settings(_)) => bonemuscle_status::Settings,
            pipeline::Error::Calibration(_) => bonemuscle_status::Input,
            pipeline::Error::Labels(LabelError::Model(error) | LabelError::NoLabels(error)) => of_model(error),
            pipeline::Error::Labels(_) => bonemuscle_status::Labels,
            pipeline::Error::Registration(RegistrationError::Settings(_)) => bonemuscle_status::Settings,
            pipeline::Error::Registration(_) => bonemuscle_status::Input,
            pipeline::Error::Write(_) => bonemuscle_status::Write,
            _ => bonemuscle_status::Internal,
        };
        Failure::new(status, error)
    }
}

fn of_model(error: &ModelError) -> bonemuscle_status {
    match error {
        ModelError::Unknown { .. } => bonemuscle_status::Settings,
        ModelError::Volume { .. } => bonemuscle_status::Labels,
        ModelError::Cancelled(_) => bonemuscle_status::Cancelled,
        // The model is there and runs, but not on this image.
        ModelError::Run { .. } => bonemuscle_status::Internal,
        _ => bonemuscle_status::Model,
    }
}

impl From<PhantomError> for Failure {
    fn from(error: PhantomError) -> Self {
        match error {
            PhantomError::Settings(_) => Failure::new(bonemuscle_status::Settings, error),
            PhantomError::Write(error) => Failure::from(pipeline::Error::from(error)),
            _ => Failure::internal(error),
        }
    }
}

impl From<ValidationError> for Failure {
    fn from(error: ValidationError) -> Self {
        let status = match &error {
            ValidationError::Settings(_) => bonemuscle_status::Settings,
            ValidationError::Unreadable { .. } | ValidationError::Pairs(_) => bonemuscle_status::Input,
            ValidationError::Write(_) => bonemuscle_status::Write,
            _ => bonemuscle_status::Internal,
        };
        Failure::new(status, error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use plugin_core::progress::Cancelled;

    fn status(error: pipeline::Error) -> u32 {
        Failure::from(error).status as u32
    }

    #[test]
    fn every_error_of_the_pipeline_has_its_number() {
        let nothing = || ReadError::NoCtSeries { found: "no files".into() };
        assert_eq!(status(pipeline::Error::Settings("odd".into())), 2);
        assert_eq!(status(pipeline::Error::Read(nothing())), 3);
        assert_eq!(status(pipeline::Error::Labels(LabelError::Read(nothing()))), 4);
        assert_eq!(status(pipeline::Error::Write(WriteError::Page("full".into()))), 6);
        assert_eq!(status(pipeline::Error::Registration(RegistrationError::Settings("odd".into()))), 2);
        assert_eq!(status(pipeline::Error::Registration(RegistrationError::Radiograph { reason: "none".into() })), 3);
        let missing = || ModelError::Runtime { reason: "no library".into() };
        assert_eq!(status(LabelError::Model(missing()).into()), 8);
        assert_eq!(status(LabelError::NoLabels(missing()).into()), 8);
        let unknown = ModelError::Unknown { name: "other".into(), known: vec!["bonemuscle-ct".into()] };
        assert_eq!(status(LabelError::Model(unknown).into()), 2);
        let thick = ModelError::Volume { model: "m".into(), reason: "slices of 20 mm".into() };
        assert_eq!(status(LabelError::Model(thick).into()), 4);
    }

    #[test]
    fn cancelling_is_cancelling_at_any_depth() {
        for error in [
            pipeline::Error::Cancelled(Cancelled),
            pipeline::Error::Read(ReadError::Cancelled(Cancelled)),
            pipeline::Error::Assemble(AssembleError::Cancelled(Cancelled)),
            pipeline::Error::Labels(LabelError::Cancelled(Cancelled)),
            pipeline::Error::Labels(LabelError::Read(ReadError::Cancelled(Cancelled))),
            pipeline::Error::Labels(LabelError::Model(ModelError::Cancelled(Cancelled))),
            pipeline::Error::Registration(RegistrationError::Cancelled(Cancelled)),
            pipeline::Error::Write(WriteError::Cancelled(Cancelled)),
        ] {
            assert_eq!(status(error), 5);
        }
    }
}
