use crate::arguments::Calibrate;
use crate::failure::Failure;
use crate::json::{remarks, text_of};
use crate::measure::read_inputs;
use crate::progress::shown;
use crate::settings::{given, in_scan};
use crate::site;
use crate::terminal::{show, tell};
use bonemuscle_client::Library;
use serde_json::{Value, json};
use std::path::Path;
use std::process::ExitCode;

pub fn run(arguments: &Calibrate) -> Result<ExitCode, Failure> {
    let library = Library::find()?;
    let site = arguments.site.as_deref().map(site::read_or_new).transpose()?;
    let (list, entry) = match arguments.learn {
        true => ("mappings", learn(&library, arguments, site.as_ref())?),
        false => ("calibrations", scan(&library, arguments, site.as_ref(), &arguments.inputs)?["stored"].take()),
    };
    match &arguments.site {
        Some(path) => {
            let replaced = site::add(path, list, &entry)?;
            let word = if replaced { "replaced" } else { "added" };
            tell(&format!("{word} {} in {list} of {}", arguments.id, path.display()));
            show(&summary(&entry));
        }
        None => show(&format!("{entry:#}\n")),
    }
    Ok(ExitCode::SUCCESS)
}

/// The answer of the library for one scan; its warnings go to the terminal.
fn scan(
    library: &Library,
    arguments: &Calibrate,
    site: Option<&Value>,
    folders: &[impl AsRef<Path>],
) -> Result<Value, Failure> {
    let inputs = read_inputs(library, folders)?;
    let settings = given(json!({
        "calibration": in_scan(&arguments.phantom)?,
        "series_instance_uid": arguments.series,
        "site": site,
    }));
    let request = json!({"id": arguments.id, "valid_days": arguments.valid_days, "settings": settings});
    let answer = shown(|hear| library.calibrate(&inputs, &request, hear))?;
    remarks(&answer).for_each(|remark| tell(&remark));
    Ok(answer)
}

fn learn(library: &Library, arguments: &Calibrate, site: Option<&Value>) -> Result<Value, Failure> {
    let scans: Result<Vec<Value>, Failure> =
        arguments.inputs.iter().map(|folder| scan(library, arguments, site, &[folder])).collect();
    Ok(library.learn_mapping(&json!({"id": arguments.id, "tissues": arguments.tissues, "scans": scans?}))?)
}

/// The line as a person reads it.
fn summary(entry: &Value) -> String {
    match entry.get("conversion") {
        Some(line) => format!(
            "density = {} x HU + {} mg/cm3 ({}), r2 {}, usable until {}\n",
            line["slope"],
            line["intercept"],
            text_of(line, "material"),
            entry["r_squared"],
            text_of(entry, "expires")
        ),
        None => format!("learnt from {} scans, standard error {} mg/cm3\n", entry["scans"], entry["standard_error"]),
    }
}
