use crate::arguments::Drr;
use crate::failure::Failure;
use crate::json::{remarks, text_of};
use crate::measure::{check_apart, read_inputs};
use crate::progress::shown;
use crate::terminal::{show, tell};
use crate::{folder, settings};
use bonemuscle_client::Library;
use serde_json::Value;
use std::process::ExitCode;

pub fn run(arguments: &Drr) -> Result<ExitCode, Failure> {
    let request = settings::of_drr(arguments)?;
    check_apart(&arguments.inputs, &arguments.output)?;
    let library = Library::find()?;
    let inputs = read_inputs(&library, &arguments.inputs)?;
    folder::create(&arguments.output)?;
    let drawn = shown(|hear| library.drr(&inputs, &request, hear))?;
    folder::write(&arguments.output, &drawn.files)?;
    tell(&format!("radiograph in {}", arguments.output.display()));
    show(&summary(&drawn.report));
    Ok(ExitCode::SUCCESS)
}

/// What a pixel holds, and what the gates said.
fn summary(drawn: &Value) -> String {
    let mut text = format!(
        "{}\n{} of {}: {} to {} {}\n",
        text_of(drawn, "notice"),
        text_of(drawn, "quantity"),
        drawn["structure"].as_str().unwrap_or("the whole CT"),
        drawn["least"],
        drawn["greatest"],
        text_of(drawn, "unit")
    );
    remarks(drawn).for_each(|remark| text.push_str(&format!("{remark}\n")));
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_summary_says_what_a_pixel_holds() {
        let drawn = json!({
            "notice": "Research use only.",
            "quantity": "thickness",
            "structure": "femur_left",
            "least": 0.0,
            "greatest": 51.5,
            "unit": "mm",
            "quality": [{"severity": "warning", "message": "others"}],
        });
        assert_eq!(summary(&drawn), "Research use only.\nthickness of femur_left: 0.0 to 51.5 mm\nwarning: others\n");
    }
}
