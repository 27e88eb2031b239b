//! The module's description in the XML of the Slicer Execution Model, from which Slicer and other programs draw a panel.

use crate::parameters::{Channel, GROUPS, Group, Kind, Parameter};

/// The description of this version of the module.
pub fn xml(version: &str) -> String {
    let head = [
        text("category", "Quantification"),
        text("title", "Bone and muscle (command line)"),
        text("description", "Measures bone and muscle on a CT. Research use only. Not for diagnosis."),
        text("version", version),
        text("documentation-url", ""),
        text("license", "Apache-2.0 OR MIT"),
        text("contributor", "The BoneMuscle developers"),
        text("acknowledgements", "Values from CT are not a DXA measurement and cannot be used to rule out osteoporosis."),
    ];
    let groups: String = GROUPS.iter().map(group).collect();
    format!("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<executable>\n{}{groups}{FILES_ONLY}</executable>\n", head.concat())
}

/// Slicer would hand a library images as addresses in its own memory, which only ITK can follow.
const FILES_ONLY: &str = "\
<parameters advanced=\"true\">
<label>Transfer</label>
<description>How Slicer hands over images</description>
<boolean hidden=\"true\">
<name>AllowInMemoryTransfer</name>
<label>In memory</label>
<description>Images are handed over as files</description>
<longflag>AllowInMemoryTransfer</longflag>
<default>false</default>
</boolean>
</parameters>
";

fn group(group: &Group) -> String {
    let advanced = if group.advanced { " advanced=\"true\"" } else { "" };
    let parameters: String = group.parameters.iter().map(parameter).collect();
    let head = [text("label", group.label), text("description", group.description)].concat();
    format!("<parameters{advanced}>\n{head}{parameters}</parameters>\n")
}

fn parameter(parameter: &Parameter) -> String {
    let (tag, attributes) = element(parameter.kind);
    let common = [
        text("name", parameter.name),
        place(parameter),
        text("label", parameter.label),
        text("description", parameter.description),
    ];
    format!("<{tag}{attributes}>\n{}{}</{tag}>\n", common.concat(), bounds(parameter.kind))
}

/// Tag and attributes.
fn element(kind: Kind) -> (&'static str, String) {
    let tag = match kind {
        Kind::Volume | Kind::Labels(_) => "image",
        Kind::Table => "table",
        Kind::File(..) => "file",
        Kind::Folder => "directory",
        Kind::Text | Kind::Sentence => "string",
        Kind::TextList => "string-vector",
        Kind::Choice(_) => "string-enumeration",
        Kind::Number(_) => "double",
        Kind::Whole(..) | Kind::Count => "integer",
    };
    let attributes = match kind {
        Kind::Volume => " type=\"scalar\"".to_owned(),
        Kind::Labels(_) => " type=\"label\" fileExtensions=\".nrrd\"".to_owned(),
        Kind::Table => " fileExtensions=\".tsv\"".to_owned(),
        Kind::File(_, extension) => format!(" fileExtensions=\"{extension}\""),
        _ => String::new(),
    };
    (tag, attributes)
}

/// Flag or place among the arguments, and which way it goes. What a module answers with is no argument.
fn place(parameter: &Parameter) -> String {
    let flag = text("longflag", parameter.name);
    match parameter.kind {
        Kind::Volume => [text("index", "0"), channel(Channel::Input)].concat(),
        Kind::Labels(way) | Kind::File(way, _) => [flag, channel(way)].concat(),
        Kind::Table | Kind::Folder => [flag, channel(Channel::Output)].concat(),
        Kind::Sentence | Kind::Count => channel(Channel::Output),
        Kind::Text | Kind::TextList | Kind::Choice(_) | Kind::Number(_) | Kind::Whole(..) => flag,
    }
}

fn channel(way: Channel) -> String {
    text("channel", if way == Channel::Input { "input" } else { "output" })
}

/// The default and what else is accepted.
fn bounds(kind: Kind) -> String {
    let range = |least: String, most: String, step: &str| {
        format!("<constraints>\n{}{}{}</constraints>\n", text("minimum", &least), text("maximum", &most), text("step", step))
    };
    match kind {
        Kind::Choice(words) => {
            let elements: String = words.iter().map(|word| text("element", word)).collect();
            text("default", words.first().copied().unwrap_or_default()) + &elements
        }
        Kind::Number(most) => text("default", "0") + &range("0".to_owned(), most.to_string(), "0.01"),
        Kind::Whole(least, most) => text("default", &least.to_string()) + &range(least.to_string(), most.to_string(), "1"),
        Kind::Count => text("default", "0"),
        _ => String::new(),
    }
}

fn text(tag: &str, content: &str) -> String {
    let escaped = content.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    format!("<{tag}>{escaped}</{tag}>\n")
}
