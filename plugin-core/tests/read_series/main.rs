//! CT series from files and bytes to volumes: real files of many makers, made-up ones with known answers, and hostile ones.

mod ct_file;
mod hostile;
mod made_up;
mod mixed;
mod real;

use ct_file::CtFile;
use plugin_core::progress::Progress;
use plugin_core::read::{Contents, Inputs, Instance, scan};
use plugin_core::volume::{AssembleError, CtVolume, assemble};

/// The made-up files as inputs, named `0`, `1` ...
fn inputs(files: &[CtFile]) -> Inputs<'static> {
    bytes(files.iter().map(CtFile::bytes).collect())
}

fn bytes(files: Vec<Vec<u8>>) -> Inputs<'static> {
    let named = |(number, data): (usize, Vec<u8>)| Instance::Bytes { name: number.to_string(), data };
    files.into_iter().enumerate().map(named).collect()
}

fn contents(inputs: &Inputs<'_>) -> Contents {
    scan(inputs, Progress::silent()).expect("nobody cancels")
}

/// The volume of the only series.
fn volume(inputs: &Inputs<'_>) -> Result<CtVolume<'static>, AssembleError> {
    let contents = contents(inputs);
    assert_eq!(contents.series.len(), 1, "{:?}", contents.refused);
    assemble(&contents.series[0], inputs, Progress::silent())
}

/// Why the inputs hold no series.
fn refusal(inputs: &Inputs<'_>) -> String {
    let contents = contents(inputs);
    assert!(contents.series.is_empty());
    assert_eq!(contents.refused.len(), 1, "{:?}", contents.refused);
    format!("{}: {}", contents.refused[0].name, contents.refused[0].reason)
}
