//! Criteria and what they say.

use super::{Phrase, long, phrase, region, structure, unit};
use crate::report::{Assessment, Category, Criterion, Finding};
use crate::results::page::text;
use crate::settings::Language;

/// A criterion.
pub fn criterion(criterion: Criterion) -> Phrase {
    match criterion {
        Criterion::Who => phrase("WHO 1994", "WHO基準(1994年)"),
        Criterion::Jsbmr => phrase("JSBMR/JOS 2012", "JSBMR/JOS 2012基準(骨密度)"),
        Criterion::SpineQct => phrase("ACR/ISCD spine QCT", "ACR/ISCDの腰椎QCT基準"),
        Criterion::SpineQctEastAsian => phrase("Wang 2024, East Asian women", "東アジア人女性のQCTカットオフ(Wang 2024)"),
        Criterion::Genant => phrase("Genant", "Genantの分類"),
        Criterion::Prado => phrase("Prado 2008", "Prado 2008の基準"),
        Criterion::Martin => phrase("Martin 2013, index", "Martin 2013の基準(筋指数)"),
        Criterion::Derstine => phrase("Derstine 2018", "Derstine 2018の基準"),
        Criterion::MartinAttenuation => phrase("Martin 2013, attenuation", "Martin 2013の基準(筋CT値)"),
        Criterion::Hamaguchi => phrase("Hamaguchi 2016", "Hamaguchi 2016の基準"),
        Criterion::Awgs => phrase("AWGS 2019", "AWGS 2019の筋量基準"),
        Criterion::Ewgsop2 => phrase("EWGSOP2", "EWGSOP2の筋量基準"),
    }
}

/// What a criterion says.
pub fn category(category: Category) -> Phrase {
    match category {
        Category::Normal => phrase("within the reference range", "基準範囲内"),
        Category::LowBoneMass => phrase("range of low bone mass", "骨量減少の範囲"),
        Category::Osteoporosis => phrase("range of osteoporosis", "骨粗鬆症の範囲"),
        Category::LowMuscleMass => phrase("low muscle mass", "筋量低値"),
        Category::LowMuscleAttenuation => phrase("low muscle attenuation", "筋CT値低値"),
        Category::NoHeightLoss => phrase("no loss of height", "椎体高の低下なし"),
        Category::MildHeightLoss => phrase("mild loss of height, grade 1", "軽度の椎体高低下(グレード1)"),
        Category::ModerateHeightLoss => phrase("moderate loss of height, grade 2", "中等度の椎体高低下(グレード2)"),
        Category::SevereHeightLoss => phrase("severe loss of height, grade 3", "高度の椎体高低下(グレード3)"),
    }
}

/// The sentence of an assessment: the report's own in English; in Japanese what was compared, with what result, and its limits.
pub fn said(finding: &Finding, one: &Assessment, language: Language) -> String {
    if language == Language::En {
        return one.sentence.clone();
    }
    let of = |phrase: Phrase| phrase.of(language);
    let value = finding.measurements.iter().find(|value| (value.region, value.quantity) == (one.region, one.quantity));
    let value =
        value.map(|value| format!(" {} {}", text::printed(value.quantity, value.value), unit(value.unit))).unwrap_or_default();
    let place = match one.region {
        crate::report::Region::Whole => of(structure(finding.structure)),
        part => of(region(part)),
    };
    let limits = match one.criterion {
        Criterion::Who | Criterion::Jsbmr | Criterion::SpineQct | Criterion::SpineQctEastAsian => {
            "CTから求めた値であり、DXAの測定値ではなく、骨粗鬆症を否定する目的には使用できない。"
        }
        Criterion::Genant => "椎体高のみによる分類であり、原因は問わない。",
        _ => "筋力と身体機能は評価していない。",
    };
    let (quantity, result) = (of(long(one.quantity)), of(category(one.category)));
    format!("{place}の{quantity}{}: {result}。{limits}", value.trim_end())
}
