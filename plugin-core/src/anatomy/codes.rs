//! Coded concepts (PS3.3 8.8): value, scheme, meaning.

/// A coded concept as DICOM writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Code {
    /// Code Value (0008,0100), at most 16 characters.
    pub value: &'static str,
    /// Coding Scheme Designator (0008,0102).
    pub scheme: Scheme,
    /// Code Meaning (0008,0104), at most 64 characters.
    pub meaning: &'static str,
}

/// Coding schemes in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// SNOMED CT.
    Sct,
    /// DICOM controlled terminology, PS3.16.
    Dcm,
    /// ISO/IEEE 11073 nomenclature, used by DICOM CID 3031 for muscles.
    Mdc,
    /// Unified Code for Units of Measure.
    Ucum,
    /// LOINC.
    Ln,
    /// Language tags of RFC 5646.
    Rfc5646,
    /// Our own, for what has no public code.
    BoneMuscle,
}

impl Scheme {
    /// The Coding Scheme Designator.
    pub fn designator(self) -> &'static str {
        match self {
            Scheme::Sct => "SCT",
            Scheme::Dcm => "DCM",
            Scheme::Mdc => "MDC",
            Scheme::Ucum => "UCUM",
            Scheme::Ln => "LN",
            Scheme::Rfc5646 => "RFC5646",
            Scheme::BoneMuscle => "99BONEMUSCLE",
        }
    }
}

/// `Code { value, scheme, meaning }` in one line.
pub const fn code(value: &'static str, scheme: Scheme, meaning: &'static str) -> Code {
    Code { value, scheme, meaning }
}

/// Left, SNOMED CT.
pub const LEFT: Code = code("7771000", Scheme::Sct, "Left");
/// Right, SNOMED CT.
pub const RIGHT: Code = code("24028007", Scheme::Sct, "Right");
