//! One queue for several Orthancs and workers on other machines, in the PostgreSQL that such a site runs already.
//!
//! A request is a row of our table, whose primary key is the study or series: the same request is joined and another one refused
//! whichever Orthanc is asked. What is to be done travels as a message of `pgmq`, which hands it to one consumer at a time for as
//! long as that one renews its lease. Both begin in one transaction and end in one; between, the row says how far it is.
//!
//! ```text
//! POST -> requests (row + message) -> lease -> consumer (worker: measure) -> fence -> archive
//!          mirror, GET <- row                                                 record <-'
//! ```
//!
//! | module | idea |
//! |---|---|
//! | [`settings`], [`secret`], [`tls`] | where the queue is, and how it is reached |
//! | [`database`] | a connection that comes back by itself |
//! | [`schema`] | our tables, made and checked |
//! | [`message`], [`requests`] | what is asked for, and how far it is |
//! | [`lease`], [`fence`] | who carries it out; nobody else stores anything |
//! | [`consumer`] | carries out one after the other |
//! | [`mirror`], [`calibrations`] | the queue as an Orthanc sees it |
//! | [`service`], [`worker_file`], [`metrics`] | the program on another machine |

pub mod calibrations;
pub mod consumer;
pub mod database;
pub mod fence;
pub mod lease;
pub mod message;
pub mod metrics;
pub mod mirror;
pub mod requests;
pub mod schema;
pub mod secret;
pub mod service;
pub mod settings;
pub mod tls;
pub mod worker_file;
