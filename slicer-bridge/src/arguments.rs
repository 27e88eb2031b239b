//! What the host gave.

use crate::DESCRIPTION;
use crate::failure::Failure;
use crate::parameters::{GROUPS, Kind, Parameter};
use clap::builder::ValueParser;
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use std::ffi::OsString;
use std::path::Path;

/// The file that the host reads the module's answers from.
const ANSWER_FILE: &str = "returnparameterfile";

/// What the host wants.
pub enum Request {
    /// To be shown a text: the description of the module, or its help.
    Show(String),
    /// A measurement.
    Measure(Arguments),
}

impl Request {
    /// Reads the arguments, the program's name first.
    pub fn read<I: IntoIterator<Item = OsString>>(arguments: I) -> Result<Request, Failure> {
        match command().try_get_matches_from(arguments) {
            Ok(matches) if matches.get_flag("xml") => Ok(Request::Show(DESCRIPTION.to_owned())),
            Ok(matches) => Ok(Request::Measure(Arguments(matches))),
            Err(error) if !error.use_stderr() => Ok(Request::Show(error.to_string())),
            Err(error) => Err(Failure::Arguments(sentence(&error.to_string()))),
        }
    }
}

/// What clap says of an error without its usage, which follows an empty line.
fn sentence(text: &str) -> String {
    let lines = text.strip_prefix("error: ").unwrap_or(text).lines().take_while(|line| !line.is_empty());
    lines.map(str::trim).collect::<Vec<_>>().join(" ")
}

/// Arguments that were read. What was given as an empty text, or as the number that means "not known", was not given.
pub struct Arguments(ArgMatches);

impl Arguments {
    /// A text, a word or a path.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get_one::<String>(name).map(String::as_str).filter(|text| !text.is_empty())
    }

    /// A path.
    pub fn path(&self, name: &str) -> Option<&Path> {
        self.text(name).map(Path::new)
    }

    /// What stands between commas.
    pub fn list(&self, name: &str) -> Vec<&str> {
        self.text(name).into_iter().flat_map(|text| text.split(',')).map(str::trim).filter(|text| !text.is_empty()).collect()
    }

    /// A number above 0.
    pub fn number(&self, name: &str) -> Option<f64> {
        self.0.get_one::<f64>(name).copied().filter(|number| *number > 0.0)
    }

    /// A whole number, unless it is the default.
    pub fn whole(&self, name: &str) -> Option<i64> {
        let default = parameters().find(|parameter| parameter.name == name).map(|parameter| parameter.kind);
        self.0
            .get_one::<i64>(name)
            .copied()
            .filter(|number| !matches!(default, Some(Kind::Whole(least, _)) if least == *number))
    }

    /// Where the host wants the module's answers.
    pub fn answer_file(&self) -> Option<&Path> {
        self.path(ANSWER_FILE)
    }
}

fn parameters() -> impl Iterator<Item = &'static Parameter> {
    GROUPS.iter().flat_map(|group| group.parameters)
}

fn command() -> Command {
    let grouped = GROUPS.iter().flat_map(|group| group.parameters.iter().filter_map(|one| argument(one, group.label)));
    let hosts_own = [
        Arg::new(ANSWER_FILE).long(ANSWER_FILE).value_name("FILE").help("File for the module's answers").help_heading("Host"),
        Arg::new("xml")
            .long("xml")
            .action(ArgAction::SetTrue)
            .exclusive(true)
            .help("Print the description of the module")
            .help_heading("Host"),
        Arg::new("AllowInMemoryTransfer").long("AllowInMemoryTransfer").action(ArgAction::SetTrue).hide(true),
    ];
    Command::new("BoneMuscleCLI")
        .about("Measures bone and muscle on a CT. Research use only. Not for diagnosis.")
        .after_help(EXIT_CODES)
        .disable_version_flag(true)
        .args(grouped)
        .args(hosts_own)
}

const EXIT_CODES: &str = "\
Exit codes:
  0    at least one value was measured
  1    this machine failed: library missing, results cannot be written, internal error
  2    wrong usage, or input that cannot be used
  3    the input was understood, but nothing could be measured; the report says why
  130, 143  stopped by SIGINT, SIGTERM";

/// The argument of a parameter; what the module answers with has none.
fn argument(parameter: &Parameter, heading: &'static str) -> Option<Arg> {
    let argument = Arg::new(parameter.name).help(parameter.description).help_heading(heading);
    let flagged = argument.clone().long(parameter.name).allow_negative_numbers(true);
    Some(match parameter.kind {
        Kind::Volume => argument.required(true).value_name("CT"),
        Kind::Labels(_) | Kind::Table | Kind::File(..) => flagged.value_name("FILE"),
        Kind::Folder => flagged.value_name("FOLDER"),
        Kind::Text => flagged.value_name("TEXT"),
        Kind::TextList => flagged.value_name("TEXT,TEXT"),
        Kind::Choice(words) => flagged.value_parser(words.to_vec()).value_name("WORD"),
        Kind::Number(most) => flagged.value_parser(number(most)).value_name("NUMBER"),
        Kind::Whole(least, most) => flagged.value_parser(value_parser!(i64).range(least..=most)).value_name("NUMBER"),
        Kind::Sentence | Kind::Count => return None,
    })
}

fn number(most: f64) -> ValueParser {
    ValueParser::from(move |text: &str| match text.parse() {
        Ok(number) if (0.0..=most).contains(&number) => Ok(number),
        _ => Err(format!("give a number from 0, which means not known, to {most}")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Arguments, String> {
        match Request::read(line.split(' ').map(OsString::from)) {
            Ok(Request::Measure(arguments)) => Ok(arguments),
            Ok(Request::Show(text)) => panic!("{text}"),
            Err(failure) => Err(failure.to_string()),
        }
    }

    #[test]
    fn description_and_help_need_no_image() {
        let shown = |flag: &str| match Request::read(["BoneMuscleCLI".into(), flag.into()]) {
            Ok(Request::Show(text)) => text,
            _ => panic!("{flag} shows a text"),
        };
        assert_eq!(shown("--xml"), DESCRIPTION);
        assert!(shown("--help").contains("--outputLabels <FILE>"));
    }

    #[test]
    fn every_parameter_of_the_table_can_be_given() {
        command().debug_assert();
        let mut line = "BoneMuscleCLI ct.nrrd --returnparameterfile p".to_owned();
        for parameter in parameters() {
            let value = match parameter.kind {
                Kind::Volume | Kind::Sentence | Kind::Count => continue,
                Kind::Choice(words) => words[words.len() - 1].to_owned(),
                Kind::Number(most) => most.to_string(),
                Kind::Whole(_, most) => most.to_string(),
                _ => format!("{}.x", parameter.name),
            };
            line += &format!(" --{} {value}", parameter.name);
        }
        let given = read(&line).expect("the line is right");
        assert_eq!((given.path("inputVolume"), given.answer_file()), (Some(Path::new("ct.nrrd")), Some(Path::new("p"))));
        assert_eq!((given.number("age"), given.whole("passes"), given.text("sex")), (Some(130.0), Some(200), Some("M")));
        assert_eq!(given.list("measurements"), ["measurements.x"]);
    }

    #[test]
    fn the_values_that_mean_nothing_are_not_given() {
        let given = read("BoneMuscleCLI ct.nrrd --height 0 --passes -1 --threads 0 --model= --modelFolders ,").expect("right");
        assert_eq!((given.number("height"), given.whole("passes"), given.whole("threads")), (None, None, None));
        assert_eq!((given.text("model"), given.list("modelFolders").len()), (None, 0));
        assert_eq!(read("BoneMuscleCLI ct.nrrd --passes 0").expect("right").whole("passes"), Some(0));
    }

    #[test]
    fn wrong_usage_is_one_sentence() {
        for (line, part) in [
            ("BoneMuscleCLI", "required"),
            ("BoneMuscleCLI ct.nrrd second.nrrd", "unexpected argument"),
            ("BoneMuscleCLI ct.nrrd --height 172", "to 3"),
            ("BoneMuscleCLI ct.nrrd --height nan", "from 0"),
            ("BoneMuscleCLI ct.nrrd --sex X", "'X'"),
            ("BoneMuscleCLI ct.nrrd --passes 201", "201"),
            ("BoneMuscleCLI ct.nrrd --colour red", "--colour"),
        ] {
            let sentence = read(line).err().expect(line);
            assert!(sentence.contains(part) && sentence.lines().count() == 1, "{sentence}");
        }
    }
}
