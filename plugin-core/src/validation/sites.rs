//! A row of numbers for each site, below one of all of them.

use super::Validation;
use super::printed::Printer;
use super::stratum::{Kind, Stratum};

/// Of the columns of [`site_rows`].
pub const HEADINGS: [&str; 6] = ["Site", "Pairs", "Pearson r", "MAE", "Bias", "AUC"];

/// All, then sites in their order; none where there is only one. What is not computed is a dash here, and a sentence in JSON and CSV.
pub fn site_rows(validation: &Validation, printer: &Printer<'_>) -> Vec<[String; 6]> {
    if !validation.strata.iter().any(|stratum| stratum.kind == Kind::Site) {
        return Vec::new();
    }
    let sites = validation.strata.iter().filter(|stratum| stratum.kind != Kind::Group);
    let name = |stratum: &Stratum| if stratum.kind == Kind::Pooled { "All, pooled".to_owned() } else { stratum.name.clone() };
    let shown = |text: Option<String>| text.unwrap_or_else(|| "\u{2013}".to_owned());
    let rows = sites.map(|site| {
        [
            name(site),
            site.pairs.to_string(),
            shown(site.pearson_r.computed().map(|one| printer.coefficient(one))),
            shown(site.errors.computed().map(|one| printer.value(one.mae))),
            shown(site.bland_altman.computed().map(|one| printer.value(one.bias.value))),
            shown(site.roc.computed().map(|one| printer.coefficient(&one.auc))),
        ]
    });
    rows.collect()
}
