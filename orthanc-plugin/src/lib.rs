//! Orthanc plugin: measures bone and muscle on stored studies and puts the results back beside them.
//!
//! The library that Orthanc loads holds no image code. It answers REST calls, keeps the queue and the records, and starts a
//! worker process per measurement, so that whatever happens there costs one measurement and never the archive:
//!
//! ```text
//! POST -> request -> preflight (worker: choose) -> queue -> runner (worker: measure) -> store -> record
//!                                                    job <-'   GET <- record
//! ```
//!
//! | module | idea |
//! |---|---|
//! | [`config`], [`site`] | section `BoneMuscle` of Orthanc's configuration; tables and calibrations of the site |
//! | [`plugin`], [`refusal`] | what lives as long as Orthanc; every "no" with its HTTP status and sentence |
//! | [`request`], [`segmentation`] | body of a POST, turned into the core's settings |
//! | [`models`] | what a POST may name as a model |
//! | [`study`] | series and instances of a study, as Orthanc knows them |
//! | [`archive`], [`rest`] | the way to Orthanc's REST API, from inside or over a network |
//! | [`host`] | which Orthanc it is, and what is off in it |
//! | [`admission`], [`preflight`] | refuses what cannot be measured before a job exists |
//! | [`automatic`] | studies that are measured without being asked for each |
//! | [`queue`], [`measurement`], [`obstacle`], [`hindrance`], [`gate`] | what waits and runs, how far it is, why it waits longer and how long, and how many calls may wait for it |
//! | [`runner`], [`worker`], [`protocol`] | one measurement in one worker process |
//! | [`ledger`], [`journal`], [`resume`], [`disk`] | every accepted measurement ends once, whatever dies meanwhile |
//! | [`store`], [`record`] | results and the durable record in the archive |
//! | [`images`], [`image_cache`] | the measured CT and its labels, for the page to draw |
//! | [`job`], [`routes`], [`results`], [`app`] | what Orthanc's users see |
//! | [`status`], [`problems`], [`metrics`], [`events`] | what its administrators see: health, what is wrong, figures, log |
//! | [`shared`] | one queue for several Orthancs and workers on other machines |
//! | [`sdk`] | Orthanc's C interface, the only `unsafe` |
//! | [`serve`], [`confinement`] | the worker's side, and what it may not do |
// The name of the library file follows Orthanc's custom: libOrthancBoneMuscle.so.
#![allow(non_snake_case)]
#![deny(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod admission;
pub mod app;
pub mod archive;
pub mod automatic;
pub mod config;
pub mod confinement;
pub mod disk;
pub mod events;
pub mod gate;
pub mod hindrance;
pub mod host;
pub mod image_cache;
pub mod images;
pub mod job;
pub mod journal;
pub mod ledger;
pub mod measurement;
pub mod metrics;
pub mod models;
pub mod obstacle;
pub mod plugin;
pub mod preflight;
pub mod problems;
pub mod protocol;
pub mod queue;
pub mod record;
pub mod refusal;
pub mod request;
pub mod rest;
pub mod results;
pub mod resume;
pub mod routes;
pub mod runner;
pub mod sdk;
pub mod segmentation;
pub mod serve;
pub mod shared;
pub mod site;
pub mod status;
pub mod store;
pub mod study;
pub mod worker;

/// The version that Orthanc shows.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
