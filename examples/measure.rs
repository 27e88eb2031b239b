//! Measures a study and prints every value: `cargo run -p bonemuscle-client --example measure -- FOLDER`.

use bonemuscle_client::{Inputs, Library};
use serde_json::{Value, json};
use std::error::Error;
use std::path::PathBuf;

fn main() -> Result<(), Box<dyn Error>> {
    let folder: PathBuf = std::env::args_os().nth(1).ok_or("usage: measure FOLDER")?.into();
    let library = Library::find()?;
    let mut inputs = Inputs::new(&library)?;
    inputs.add_folder(&folder)?;

    let outcome = library.measure(&inputs, &json!({"outputs": []}), &|stage, fraction| {
        eprint!("\r{stage:8} {:3.0} %{}", fraction * 100.0, if fraction < 1.0 { "" } else { "\n" });
        true
    })?;

    for finding in outcome.report["findings"].as_array().into_iter().flatten() {
        for measurement in finding["measurements"].as_array().into_iter().flatten() {
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            println!(
                "{} {} {} {} {}",
                text(&finding["structure"]),
                text(&finding["side"]),
                text(&measurement["quantity"]),
                measurement["value"],
                text(&measurement["unit"])
            );
        }
    }
    Ok(())
}
