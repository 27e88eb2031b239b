//! BoneMuscle as a command line module of 3D Slicer (Slicer Execution Model), over `libbonemuscle`.
//!
//! Twice the same: `BoneMuscleCLI` is a program that any host of such modules starts, `libBoneMuscleLib` a library that Slicer loads.
//!
//! | module | does |
//! |---|---|
//! | [`parameters`] | the table of parameters, from which the description and the reading of arguments come |
//! | [`description`] | the XML that hosts draw a panel from |
//! | [`arguments`] | what the host gave |
//! | [`settings`] | arguments as settings of the library |
//! | [`run`] | one run: reads, measures, writes |
//! | [`output`] | the files a run leaves |
//! | [`answer`] | what the host is told of the run |
//! | [`table`] | the results as Slicer reads tables |
//! | [`filter`] | progress on stdout, as a program tells it |
//! | [`failure`] | why a run ended without results |
//! | [`module`] | the two C symbols, and progress in Slicer's memory |
//!
//! Research use only.
// Slicer wants this name of the file.
#![allow(non_snake_case)]

pub mod answer;
pub mod arguments;
pub mod description;
pub mod failure;
pub mod filter;
pub mod module;
pub mod output;
pub mod parameters;
pub mod run;
pub mod settings;
pub mod table;

/// The description of this version, as both kinds of module give it.
pub const DESCRIPTION: &str = include_str!(concat!(env!("OUT_DIR"), "/BoneMuscleCLI.xml"));
