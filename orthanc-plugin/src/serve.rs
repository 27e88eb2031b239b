//! The worker's side: takes one order, computes, answers.

use crate::protocol::{Greeting, News, Order, Status, read_frame, write_frame};
use crate::store::ResultFile;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::sync::{Mutex, PoisonError};

/// What measures: the core behind its C interface.
pub trait Core: Sync {
    /// Instances that are handed over, one by one.
    type Inputs<'a>
    where
        Self: 'a;

    /// Its version.
    fn version(&self) -> String;
    /// No instances yet.
    fn inputs(&self) -> Result<Self::Inputs<'_>, Failure>;
    /// Adds a DICOM file.
    fn add(inputs: &mut Self::Inputs<'_>, name: &str, data: &[u8]) -> Result<(), Failure>;
    /// What a measurement would use, as [`Choice`](crate::protocol::Choice).
    fn choose(&self, inputs: &Self::Inputs<'_>, settings: &Value, counts: &BTreeMap<String, usize>) -> Result<Value, Failure>;
    /// The models that settings may name.
    fn models(&self, settings: &Value) -> Result<Value, Failure>;
    /// Whether settings can be used.
    fn check(&self, settings: &Value) -> Result<(), Failure>;
    /// Measures; `progress` is told the stage and the fraction done and answers whether to go on.
    fn measure(&self, inputs: &Self::Inputs<'_>, settings: &Value, progress: &Progress<'_>) -> Result<Outcome, Failure>;
    /// Labels as [`Core::measure`] would, and measures nothing.
    fn segment(&self, inputs: &Self::Inputs<'_>, settings: &Value, progress: &Progress<'_>) -> Result<Outcome, Failure>;
}

/// The listener of a measurement.
pub type Progress<'a> = dyn Fn(&str, f32) -> bool + Sync + 'a;

/// What a measurement gives.
#[derive(Debug)]
pub struct Outcome {
    /// The report.
    pub report: Value,
    /// Everything else.
    pub files: Vec<ResultFile>,
}

/// Why it gave nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What kind.
    pub status: Status,
    /// A sentence for the user.
    pub message: String,
}

impl Failure {
    /// The plugin and the worker do not understand each other.
    fn protocol(found: &str) -> Failure {
        Failure {
            status: Status::Internal,
            message: format!("the worker received {found}; are plugin and worker of one version?"),
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Failure { status: Status::Internal, message: format!("the connection between plugin and worker broke: {error}") }
    }
}

/// Serves one order, confined but for what `unconfined` says. `orphaned` is called, from another thread, when `input` ends while the
/// core computes.
pub fn serve<C: Core>(
    core: Result<C, Failure>,
    unconfined: Vec<String>,
    mut input: impl Read + Send + 'static,
    output: impl Write + Send,
    orphaned: impl FnOnce() + Send + 'static,
) -> io::Result<()> {
    let output = Mutex::new(output);
    let say =
        |news: &News, payload: &[u8]| write_frame(&mut *output.lock().unwrap_or_else(PoisonError::into_inner), news, payload);
    let outcome = core.and_then(|core| {
        say(&News::Hello(Greeting { worker: crate::VERSION.into(), core: core.version(), unconfined }), b"")?;
        let (order, inputs) = receive(&core, &mut input)?;
        std::thread::spawn(move || {
            // Nothing more is sent, so reading ends when the plugin hangs up.
            let _ = input.read(&mut [0]);
            orphaned();
        });
        carry_out(&core, &order, &inputs, &say)
    });
    match outcome {
        Ok(()) => Ok(()),
        Err(Failure { status, message }) => say(&News::Error { status, message }, b""),
    }
}

fn receive<'c, C: Core>(core: &'c C, input: &mut impl Read) -> Result<(Order, C::Inputs<'c>), Failure> {
    let mut next = || read_frame::<Order>(input)?.ok_or_else(|| Failure::protocol("no order"));
    let (order, _) = next()?;
    let mut inputs = core.inputs()?;
    loop {
        match next()? {
            (Order::Instance { name }, data) => C::add(&mut inputs, &name, &data)?,
            (Order::End {}, _) => return Ok((order, inputs)),
            (other, _) => return Err(Failure::protocol(&format!("{other:?} among the instances"))),
        }
    }
}

fn carry_out<C: Core>(
    core: &C,
    order: &Order,
    inputs: &C::Inputs<'_>,
    say: &(impl Fn(&News, &[u8]) -> io::Result<()> + Sync),
) -> Result<(), Failure> {
    let progress = |stage: &str, fraction: f32| say(&News::Progress { stage: stage.to_owned(), fraction }, b"").is_ok();
    match order {
        Order::Choose { settings, instances_in_series } => {
            let choice = core.choose(inputs, settings, instances_in_series)?;
            let choice = serde_json::from_value(choice)
                .map_err(|error| Failure::protocol(&format!("a choice that is none ({error})")))?;
            say(&News::Choice(choice), b"")?;
        }
        Order::Models { settings } => {
            let models = core.models(settings)?;
            say(&News::Models {}, models.to_string().as_bytes())?;
        }
        Order::Check { settings } => {
            core.check(settings)?;
            say(&News::Done {}, b"")?;
        }
        Order::Measure { settings } => tell(core.measure(inputs, settings, &progress)?, say)?,
        Order::Segment { settings } => tell(core.segment(inputs, settings, &progress)?, say)?,
        other => return Err(Failure::protocol(&format!("{other:?} as its order"))),
    }
    Ok(())
}

fn tell(outcome: Outcome, say: &impl Fn(&News, &[u8]) -> io::Result<()>) -> io::Result<()> {
    say(&News::Report {}, &serde_json::to_vec(&outcome.report)?)?;
    for file in outcome.files {
        say(&News::File { name: file.name, media_type: file.media_type }, &file.data)?;
    }
    say(&News::Done {}, b"")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::Choice;
    use crate::sdk::Body;
    use serde_json::json;
    use std::sync::Arc;

    /// Chooses the first instance's name, measures the bytes.
    struct Counting;

    impl Core for Counting {
        type Inputs<'a> = Vec<(String, usize)>;

        fn version(&self) -> String {
            "9".into()
        }

        fn inputs(&self) -> Result<Vec<(String, usize)>, Failure> {
            Ok(Vec::new())
        }

        fn add(inputs: &mut Vec<(String, usize)>, name: &str, data: &[u8]) -> Result<(), Failure> {
            inputs.push((name.to_owned(), data.len()));
            Ok(())
        }

        fn choose(&self, inputs: &Vec<(String, usize)>, _: &Value, _: &BTreeMap<String, usize>) -> Result<Value, Failure> {
            let first = inputs.first().ok_or(Failure { status: Status::Input, message: "nothing given".into() })?;
            Ok(json!({"ct_series": first.0, "seg_series": null, "model": "m", "other_ct_series": ["1.3"]}))
        }

        fn models(&self, settings: &Value) -> Result<Value, Failure> {
            Ok(json!({"asked": settings}))
        }

        fn check(&self, settings: &Value) -> Result<(), Failure> {
            match settings.get("wrong") {
                None => Ok(()),
                Some(_) => Err(Failure { status: Status::Settings, message: "wrong is wrong".into() }),
            }
        }

        fn measure(&self, inputs: &Vec<(String, usize)>, _: &Value, progress: &Progress<'_>) -> Result<Outcome, Failure> {
            assert!(progress("read", 0.5));
            let bytes: usize = inputs.iter().map(|(_, size)| size).sum();
            let file = ResultFile { name: "a.csv".into(), media_type: "text/csv".into(), data: Body::Own(b"x".to_vec()) };
            Ok(Outcome { report: json!({"bytes": bytes}), files: vec![file] })
        }

        fn segment(&self, inputs: &Vec<(String, usize)>, settings: &Value, _: &Progress<'_>) -> Result<Outcome, Failure> {
            let file = ResultFile {
                name: "labels.json".into(),
                media_type: "application/json".into(),
                data: Body::Own(b"{}".to_vec()),
            };
            Ok(Outcome { report: json!({"inputs": inputs.len(), "asked": settings}), files: vec![file] })
        }
    }

    #[derive(Clone, Default)]
    struct Sink(Arc<Mutex<Vec<u8>>>);

    impl Write for Sink {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn answers(core: Result<Counting, Failure>, orders: &[(Order, &[u8])]) -> Vec<(News, Vec<u8>)> {
        let mut input = Vec::new();
        for (order, payload) in orders {
            write_frame(&mut input, order, payload).unwrap();
        }
        let sink = Sink::default();
        serve(core, vec!["it may swim".into()], io::Cursor::new(input), sink.clone(), || ()).unwrap();
        let bytes = sink.0.lock().unwrap().clone();
        let mut rest = &bytes[..];
        std::iter::from_fn(|| read_frame(&mut rest).unwrap()).collect()
    }

    fn hello() -> (News, Vec<u8>) {
        let unconfined = vec!["it may swim".into()];
        (News::Hello(Greeting { worker: crate::VERSION.into(), core: "9".into(), unconfined }), vec![])
    }

    fn instance(name: &str) -> Order {
        Order::Instance { name: name.into() }
    }

    #[test]
    fn a_measurement_from_order_to_done() {
        let measure = Order::Measure { settings: json!({}) };
        let orders: [(Order, &[u8]); 4] =
            [(measure, b""), (instance("a"), b"123"), (instance("b"), b"45"), (Order::End {}, b"")];
        let file = News::File { name: "a.csv".into(), media_type: "text/csv".into() };
        let expected = [
            hello(),
            (News::Progress { stage: "read".into(), fraction: 0.5 }, vec![]),
            (News::Report {}, br#"{"bytes":5}"#.to_vec()),
            (file, b"x".to_vec()),
            (News::Done {}, vec![]),
        ];
        assert_eq!(answers(Ok(Counting), &orders), expected);
    }

    #[test]
    fn labels_are_given_without_a_measurement() {
        let segment = Order::Segment { settings: json!({"a": 1}) };
        let given = answers(Ok(Counting), &[(segment, b""), (instance("a"), b"123"), (Order::End {}, b"")]);
        let file = News::File { name: "labels.json".into(), media_type: "application/json".into() };
        let report = br#"{"asked":{"a":1},"inputs":1}"#.to_vec();
        assert_eq!(given, [hello(), (News::Report {}, report), (file, b"{}".to_vec()), (News::Done {}, vec![])]);
    }

    #[test]
    fn a_choice_and_its_refusal() {
        let choose = Order::Choose { settings: json!({}), instances_in_series: BTreeMap::new() };
        let given = answers(Ok(Counting), &[(choose.clone(), b""), (instance("1.2"), b"1"), (Order::End {}, b"")]);
        let choice = Choice {
            ct_series: Some("1.2".into()),
            model: Some("m".into()),
            other_ct_series: vec!["1.3".into()],
            ..Choice::default()
        };
        assert_eq!(given[1].0, News::Choice(choice));
        let refused = answers(Ok(Counting), &[(choose, b""), (Order::End {}, b"")]);
        assert_eq!(refused[1].0, News::Error { status: Status::Input, message: "nothing given".into() });
    }

    #[test]
    fn models_are_listed_without_instances() {
        let listed = answers(Ok(Counting), &[(Order::Models { settings: json!({"a": 1}) }, b""), (Order::End {}, b"")]);
        assert_eq!(listed[1], (News::Models {}, br#"{"asked":{"a":1}}"#.to_vec()));
    }

    #[test]
    fn settings_are_checked_without_instances() {
        let check = |settings| [(Order::Check { settings }, &b""[..]), (Order::End {}, b"")];
        assert_eq!(answers(Ok(Counting), &check(json!({})))[1].0, News::Done {});
        let refused = answers(Ok(Counting), &check(json!({"wrong": 1})));
        assert_eq!(refused[1].0, News::Error { status: Status::Settings, message: "wrong is wrong".into() });
    }

    #[test]
    fn misunderstandings_and_a_missing_core_are_told() {
        let missing = Failure { status: Status::Unavailable, message: "no library".into() };
        let told = answers(Err(missing), &[]);
        assert_eq!(told, [(News::Error { status: Status::Unavailable, message: "no library".into() }, vec![])]);
        for orders in [vec![], vec![(Order::End {}, &b""[..])], vec![(instance("a"), b""), (Order::End {}, b"")]] {
            let told = answers(Ok(Counting), &orders);
            assert!(matches!(told.last(), Some((News::Error { status: Status::Internal, .. }, _))), "{orders:?}: {told:?}");
        }
    }
}
