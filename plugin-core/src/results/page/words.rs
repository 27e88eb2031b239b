//! The words of the page in its two languages.
//!
//! Every table is a `match` without a catch-all: a structure, quantity, gate or criterion without its words does not compile.

mod anatomy;
mod criteria;
mod gates;
mod quantities;

pub use anatomy::{region, side, structure};
pub use criteria::{category, criterion, said};
pub use gates::gate;
pub use quantities::{long, short, unit};

use crate::calibration::{Calibration, Tissue};
use crate::report::MagnificationOrigin;
use crate::settings::Language;

/// One phrase in both languages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Phrase {
    english: &'static str,
    japanese: &'static str,
}

impl Phrase {
    /// The phrase in `language`.
    pub fn of(self, language: Language) -> &'static str {
        match language {
            Language::En => self.english,
            Language::Ja => self.japanese,
        }
    }
}

const fn phrase(english: &'static str, japanese: &'static str) -> Phrase {
    Phrase { english, japanese }
}

macro_rules! phrases {
    ($($name:ident $english:literal $japanese:literal;)*) => {
        $(pub const $name: Phrase = phrase($english, $japanese);)*
        #[cfg(test)]
        const FIXED: &[Phrase] = &[$($name),*];
    };
}

phrases! {
    LUMBAR_SPINE "Lumbar spine" "腰椎";
    PROXIMAL_FEMUR "Proximal femur" "大腿骨近位部";
    MUSCLE "Muscle" "骨格筋";
    BODY_COMPOSITION "Body composition at L3" "第3腰椎レベルの体組成";
    HIP_XRAY "Hip X-ray" "股関節X線";
    OTHER "Other" "その他";
    NO_FINDING "No finding" "所見なし";
    REMARKS "Remarks, calibration, reference values" "備考・校正・基準値";
    MEASURED_ON_CT "measured on CT" "CTによる計測";
    MEASURED_ON_FILM "measured on a radiograph" "単純X線画像による計測";
    CONTINUED "continued" "続き";
    RESEARCH_ONLY "Research use only. Not for diagnosis." "研究用。診断には使用できません。";
    NOT_DXA "CT-derived values are not a DXA measurement and cannot be used to rule out osteoporosis."
        "CTから求めた値はDXAの測定値ではなく、骨粗鬆症を否定する目的には使用できません。";
    FILM_NOT_DXA "Values from a radiograph are not a DXA measurement and cannot be used to rule out osteoporosis."
        "X線画像から求めた値はDXAの測定値ではなく、骨粗鬆症を否定する目的には使用できません。";
    SIMULATED_FILMS_ONLY "The X-ray model was trained on simulated films only."
        "X線モデルはシミュレーション画像のみで学習されています。";
    NOT_STATED "not stated" "記載なし";
    SIDE_NOT_STATED "side not stated" "左右の記載なし";
    STUDY_DATE "Study date" "検査日";
    SHAPE "Slices, rows, columns" "スライス数 × 行 × 列";
    CALIBRATION "Calibration" "校正";
    SERIES "Series" "シリーズ";
    SCANNER "Scanner" "CT装置";
    CONTRAST "Contrast agent" "造影剤";
    TUBE_VOLTAGE "Tube voltage" "管電圧";
    KERNEL "Kernel" "再構成関数";
    THICKNESS "Slice thickness" "スライス厚";
    SPACING "Voxel spacing (slices × rows × columns)" "ボクセル間隔(スライス × 行 × 列)";
    LABELS "Labels" "領域ラベル";
    FILM_SHAPE "Rows × columns" "行 × 列";
    MACHINE "X-ray machine" "X線装置";
    VIEW "View" "撮影方向";
    SEEN "seen by the model" "モデルの判定";
    DETECTOR_SPACING "Pixel spacing at the detector" "画素間隔(検出器面)";
    MAGNIFICATION "Magnification of the hip" "股関節の拡大率";
    HIP_SPACING "Pixel spacing at the hip" "画素間隔(股関節位置)";
    MODEL "Model" "モデル";
    HIPS "Hips" "股関節";
    MEASURED "Measured" "計測日時";
    IMAGE_WITHOUT_DICOM "image without DICOM" "DICOM なしの画像";
    DIGEST_OF_IMAGE "Image without DICOM, SHA-256" "DICOM なしの画像 SHA-256";
    LABEL_MAP "label map, SHA-256" "ラベルマップ SHA-256";
    RESAMPLED "resampled" "再サンプリング済み";
    NOT_MEASURED "Not measured" "計測できなかった値";
    NOT_MEASURED_MARK "not measured" "計測不可";
    NOT_APPLIED "not applied" "適用せず";
    QUALITY "Image quality" "画像の品質";
    NO_GATE "No gate spoke about the series as a whole." "シリーズ全体についての指摘はありません。";
    NOTE "Note" "情報";
    WARNING "Warning" "注意";
    WITHHELD "Withheld" "値を保留";
    METHOD "Method" "計測方法";
    RECIPE "Recipe" "計測法";
    TRABECULAR_NOTE "Trabecular region: the part of the vertebral body outlined in white."
        "海綿骨領域: 椎体内の白線で囲まれた部分。";
    FAT_NOTE "Fat: share of voxels from -190 to -30 HU." "脂肪: CT値が-190~-30 HUのボクセルの割合。";
    MUSCLE_NOTE "Muscle HU: mean of the voxels from -29 to 150 HU." "筋CT値: CT値が-29~150 HUのボクセルの平均。";
    AREAL_NOTE "aBMD: areal density of a projection of the CT, DXA-like but not DXA."
        "面密度: CTの投影から求めたDXA類似の値であり、DXAの測定値ではない。";
    FILM_AREAL_NOTE "aBMD: areal density that a network estimates from the film, DXA-like but not DXA; vBMD: its mass by its thickness."
        "面密度: ネットワークがX線画像から推定したDXA類似の値であり、DXAの測定値ではない。骨密度: 推定した質量を厚みで割った値。";
    FILM_SCALE_NOTE "Area and BMC: at the depth of the hip, by the pixel spacing stated above."
        "面積・骨塩量: 上記の股関節位置の画素間隔による値。";
    FILM_FIELD_NOTE "Muscles: only the part within the white frame, seen through the film; no whole muscle."
        "筋: 白枠内に投影された部分のみの値であり、筋全体の値ではない。";
    ERROR_NOTE "After ±: root mean square error of the model on simulated films of makers that it had not seen, the same for every film; on films of people it is not known."
        "±: 未学習の装置を模したシミュレーション画像でのモデルの二乗平均平方根誤差。どの画像でも同じ値。実際の患者での誤差は不明。";
    UNCERTAINTY_NOTE "Uncertainty of labels: the source of the labels gives none." "領域ラベルの不確かさ: 提供元に情報なし。";
    VARIANCE_NOTE "Predictive variance: how much a network's passes with dropout differ on the voxels of a label, mean over voxels and classes."
        "予測分散: ドロップアウトを伴う複数回の推論の差を、ラベルのボクセルとクラスについて平均した値。";
    DICE_NOTE "Predicted Dice: overlap with the true structure that the model expects of its label from the predictive variance; not measured."
        "予測Dice: 予測分散から推定した、真の構造との重なり。実測値ではない。";
    CERTAINTY "Certainty of the model's labels" "モデルの領域ラベルの確かさ";
    PREDICTED_DICE "Predicted Dice" "予測Dice";
    PREDICTIVE_VARIANCE "Predictive variance" "予測分散";
    UNSURE "Check" "要確認";
    EMPTY_NOTE "The report holds no finding: no structure that can be measured was asked for and labelled."
        "所見なし: 計測対象となる構造のラベルがありません。";
    FILM_EMPTY_NOTE "The film was not measured; the reason stands under image quality."
        "X線画像は計測されませんでした。理由は「画像の品質」に記載しています。";
    CRITERIA "Published criteria" "公表されている基準との比較";
    SAGITTAL_SPINE "Sagittal, along the spine" "矢状断(脊柱に沿う)";
    CORONAL_SPINE "Coronal, along the spine" "冠状断(脊柱に沿う)";
    AXIAL_LARGEST "Axial, largest section of all labels" "横断(断面最大の位置)";
    CORONAL_LARGEST "Coronal, largest section of all labels" "冠状断(断面最大の位置)";
    AXIAL_L3 "Axial, slice through the middle of L3" "横断(第3腰椎中央)";
    PROJECTION "Projection, DXA-like" "投影像(DXA類似)";
    PROJECTION_LEGEND "N neck, T trochanter, I intertrochanter; together the total hip" "N 頸部、T 転子部、I 転子間部。合わせて近位部全体(total hip)";
    WHOLE_FILM "The film, upright; frame: what the model is given" "X線画像(正立)。枠: モデルの入力範囲";
    DENSITY_IMAGE "Areal density of the femur" "大腿骨の面密度";
    DENSITY_SCALE "g/cm², as the model sees it" "g/cm²(モデルの推定)";
    UNCALIBRATED "none: values in HU" "なし(値はHU)";
    PHANTOM "phantom in the scan" "同時撮影ファントム";
    STORED "phantom scanned apart" "別撮影ファントム(保存された校正)";
    TISSUES "tissues, learnt mapping" "患者の組織(学習された変換)";
    PHYSICS "tissues and tables, low confidence" "組織と減弱係数表(信頼度低)";
    EQUATION "Equation" "校正式";
    MATERIAL "Equivalence material" "等価物質";
    PHANTOM_NAME "Phantom" "校正ファントム";
    SERIAL "Serial number" "製造番号";
    CERTIFICATE "Certificate" "証明書";
    CONFIRMED_BY "Confirmed by" "確認者";
    NOBODY "nobody" "なし";
    FIT "Fit" "当てはまり";
    VALID "Scanned, valid until" "撮影日、有効期限";
    MAPPING "Mapping" "変換";
    ENERGY "Effective energy" "実効エネルギー";
    STANDARD_ERROR "Standard error at 100 mg/cm³" "標準誤差(100 mg/cm³)";
    DENSITY_AXIS "Density" "密度";
    CT_NUMBER "CT number, HU" "CT値 (HU)";
    READ "Read in the scan" "画像からの読み取り";
    REFERENCES "Reference values and cut-offs used" "使用した基準値とカットオフ";
    VERIFIED_BY "verified by" "確認者";
    UNVERIFIED "not verified" "未確認";
    MEAN "mean" "平均";
    NORMAL_BAND "normal" "正常";
    LOW_BAND "low bone mass" "骨量減少";
    OSTEOPOROSIS_BAND "osteoporosis" "骨粗鬆症";
    STUDY "Study" "検査";
}

/// Passes of a network with dropout.
pub fn passes(count: u16, language: Language) -> String {
    match language {
        Language::En => format!("{count} passes"),
        Language::Ja => format!("推論{count}回"),
    }
}

/// How HU became density.
pub fn calibration(calibration: &Calibration) -> Phrase {
    match calibration {
        Calibration::None => UNCALIBRATED,
        Calibration::Phantom(_) => PHANTOM,
        Calibration::Stored(_) => STORED,
        Calibration::Internal(_) => TISSUES,
        Calibration::Physics(_) => PHYSICS,
    }
}

/// Where the magnification of a radiograph, or the spacing of its pixels at the hip, comes from.
pub fn magnification(origin: MagnificationOrigin) -> Phrase {
    match origin {
        MagnificationOrigin::Given => phrase("given by the user", "使用者の入力"),
        MagnificationOrigin::Header => phrase("stated by the machine", "装置の記載値"),
        MagnificationOrigin::Geometry => phrase("by distances", "距離から計算"),
        MagnificationOrigin::Calibrated => phrase("spacing was calibrated", "画素間隔は較正済み"),
        MagnificationOrigin::Assumed => phrase("assumed", "仮定値"),
    }
}

/// A reference tissue.
pub fn tissue(tissue: Tissue) -> Phrase {
    match tissue {
        Tissue::Air => phrase("air", "空気"),
        Tissue::Fat => phrase("subcutaneous fat", "皮下脂肪"),
        Tissue::Blood => phrase("blood", "血液"),
        Tissue::Muscle => phrase("muscle", "筋"),
        Tissue::CorticalBone => phrase("cortical bone", "皮質骨"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::anatomy::Structure;
    use crate::report::{Category, Criterion, GateCode, Quantity, Region};
    use crate::results::page::fonts;

    #[test]
    fn the_fonts_hold_every_character_of_every_word() {
        let mut all = FIXED.to_vec();
        all.extend(Structure::ALL.iter().map(|one| structure(*one)));
        all.extend(Region::ALL.iter().map(|one| region(*one)));
        all.extend(Quantity::ALL.iter().flat_map(|one| [short(*one), long(*one)]));
        all.extend(Criterion::ALL.iter().map(|one| criterion(*one)));
        all.extend(Category::ALL.iter().map(|one| category(*one)));
        all.extend(MagnificationOrigin::ALL.iter().map(|one| magnification(*one)));
        let gates = GateCode::ALL.iter().map(|one| gate(*one));
        let words = all.iter().flat_map(|one| [one.english, one.japanese]).chain(gates);
        for word in words {
            assert_eq!(fonts::drawable(word), word);
            assert!(!word.is_empty());
        }
    }
}
