//! The parameters of the module, once: the description that Slicer draws a panel from and the reading of arguments both come from here.

/// What is given for a parameter.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    /// The file of a CT volume; the only argument without a flag.
    Volume,
    /// The file of a label map or a segmentation.
    Labels(Channel),
    /// The file of a table.
    Table,
    /// Another file, with its extension.
    File(Channel, &'static str),
    /// A folder to write into.
    Folder,
    /// Words.
    Text,
    /// Several, divided by commas.
    TextList,
    /// One of these words, the first where nothing is said.
    Choice(&'static [&'static str]),
    /// A number from 0, which means "not known", to this one.
    Number(f64),
    /// A whole number from the first, which is the default, to the second.
    Whole(i64, i64),
    /// A sentence that the module answers with.
    Sentence,
    /// A number that the module answers with.
    Count,
}

/// Whether a file is read or written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channel {
    /// It is read.
    Input,
    /// It is written.
    Output,
}

/// One parameter.
#[derive(Debug, Clone, Copy)]
pub struct Parameter {
    /// As Slicer names it; also its flag.
    pub name: &'static str,
    /// What is given for it.
    pub kind: Kind,
    /// Above its field in the panel.
    pub label: &'static str,
    /// What it means, and what is accepted.
    pub description: &'static str,
}

/// Parameters that stand together in the panel.
#[derive(Debug, Clone, Copy)]
pub struct Group {
    /// Above them.
    pub label: &'static str,
    /// What they are for.
    pub description: &'static str,
    /// Whether the panel hides them at first.
    pub advanced: bool,
    /// In the order of the panel.
    pub parameters: &'static [Parameter],
}

const fn parameter(name: &'static str, kind: Kind, label: &'static str, description: &'static str) -> Parameter {
    Parameter { name, kind, label, description }
}

/// All parameters, in the order of the panel.
pub const GROUPS: &[Group] = &[
    Group {
        label: "Input",
        description: "The CT, and labels where there are any",
        advanced: false,
        parameters: &[
            parameter("inputVolume", Kind::Volume, "CT volume", "CT in Hounsfield units, three-dimensional"),
            parameter(
                "labels",
                Kind::Labels(Channel::Input),
                "Segmentation",
                "Segmentation or label map of bones and muscles on the CT. Without one, a model labels the CT",
            ),
            parameter(
                "labelNames",
                Kind::File(Channel::Input, ".json"),
                "Label names",
                "JSON file that says what the values of a label map mean: {\"1\": \"l1\", \"2\": \"gluteus_maximus_left\"}. \
                 Not needed for a segmentation, whose segments have names",
            ),
            parameter(
                "dicomList",
                Kind::File(Channel::Input, ".txt"),
                "DICOM files",
                "Text file with the paths of the DICOM files that the CT volume was loaded from, one on a line. With them the \
                 headers tell scanner, age and sex, and results are written as DICOM objects of the same study",
            ),
        ],
    },
    Group {
        label: "Measurement",
        description: "What is measured, and how",
        advanced: false,
        parameters: &[
            parameter(
                "measurements",
                Kind::TextList,
                "Measurements",
                "What to measure: lumbar-bmd, femur-bmd, muscle, divided by commas. Empty: all that the labels allow",
            ),
            parameter(
                "calibration",
                Kind::Choice(&["auto", "none", "phantom", "stored", "internal", "physics"]),
                "Calibration",
                "How Hounsfield units become density. auto: a phantom in the scan, else a stored calibration or mapping of the \
                 site, else not at all",
            ),
            parameter(
                "calibrationId",
                Kind::Text,
                "Calibration name",
                "Name of the phantom, of the stored calibration, or of the mapping of tissues. Empty: the one that fits",
            ),
        ],
    },
    Group {
        label: "Patient",
        description: "What the headers may lack; it is used as given and marked so. 0: not known",
        advanced: false,
        parameters: &[
            parameter("height", Kind::Number(3.0), "Height", "Height of the patient in metres; 0: not known"),
            parameter("weight", Kind::Number(700.0), "Weight", "Weight of the patient in kilograms; 0: not known"),
            parameter("age", Kind::Number(130.0), "Age", "Age of the patient in whole years; 0: not known"),
            parameter("sex", Kind::Choice(&["unknown", "F", "M"]), "Sex", "Sex of the patient"),
        ],
    },
    Group {
        label: "Output",
        description: "Where results go",
        advanced: false,
        parameters: &[
            parameter(
                "outputLabels",
                Kind::Labels(Channel::Output),
                "Measured labels",
                "Label map of what was measured, on the voxels of the CT",
            ),
            parameter("outputTable", Kind::Table, "Results", "Table of all values, and of what was not measured and why"),
            parameter(
                "outputReport",
                Kind::File(Channel::Output, ".json"),
                "Report",
                "JSON file with all values and everything they rest on",
            ),
            parameter(
                "outputFolder",
                Kind::Folder,
                "Results folder",
                "Folder for the page as PDF and PNG, the table as CSV, the names of the label values and, where the DICOM files are \
                 known, the structured report, the segmentation and the page as DICOM objects. Files of the same name are replaced",
            ),
        ],
    },
    Group {
        label: "Model",
        description: "How a CT without a segmentation is labelled",
        advanced: true,
        parameters: &[
            parameter("model", Kind::Text, "Model", "Model that labels the CT. Empty: the one that comes with BoneMuscle"),
            parameter(
                "modelFolders",
                Kind::TextList,
                "Model folders",
                "Folders of models, or of folders of models, divided by commas",
            ),
            parameter(
                "passes",
                Kind::Whole(-1, 200),
                "Passes",
                "Passes with dropout, 2 or more, which tell how sure the model is; 0: none, for labels to look at: the reference model's are then not measured; -1: as the model says",
            ),
            parameter(
                "engine",
                Kind::Choice(&["auto", "onnx-runtime", "open-vino"]),
                "Engine",
                "Library that runs networks. auto: OpenVINO where it is installed, else ONNX Runtime",
            ),
        ],
    },
    Group {
        label: "Site",
        description: "What belongs to the place rather than to the scan",
        advanced: true,
        parameters: &[
            parameter(
                "site",
                Kind::File(Channel::Input, ".json"),
                "Site file",
                "JSON file with what the site supplies: phantoms, calibrations, mappings, references, dxa_smi, models",
            ),
            parameter("language", Kind::Choice(&["en", "ja"]), "Language", "Language of the page"),
            parameter(
                "threads",
                Kind::Whole(0, 1024),
                "Threads",
                "Threads to compute with, which changes no value; 0: one per core",
            ),
        ],
    },
    Group {
        label: "Answer",
        description: "What the run says of itself",
        advanced: true,
        parameters: &[
            parameter("status", Kind::Sentence, "Status", "What was done, in a sentence"),
            parameter("measured", Kind::Count, "Measured", "Number of values that were measured"),
            parameter("notMeasured", Kind::Count, "Not measured", "Number of values that could not be given"),
            parameter("numbering", Kind::Sentence, "Numbering", "A sentence, where the numbering of the vertebrae is in doubt"),
        ],
    },
];
