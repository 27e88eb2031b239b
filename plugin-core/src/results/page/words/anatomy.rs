//! Structures, sides and regions.

use super::{Phrase, phrase};
use crate::anatomy::{Side, Structure};
use crate::report::Region;

/// A structure, without its side.
pub fn structure(structure: Structure) -> Phrase {
    phrase(structure.english(), japanese(structure))
}

fn japanese(structure: Structure) -> &'static str {
    match structure {
        Structure::L1 => "第1腰椎",
        Structure::L2 => "第2腰椎",
        Structure::L3 => "第3腰椎",
        Structure::L4 => "第4腰椎",
        Structure::L5 => "第5腰椎",
        Structure::T12 => "第12胸椎",
        Structure::L6 => "第6腰椎",
        Structure::Sacrum => "仙骨",
        Structure::HipBone => "寛骨",
        Structure::Femur => "大腿骨",
        Structure::ErectorSpinae => "脊柱起立筋",
        Structure::DeepBackMuscle => "固有背筋",
        Structure::QuadratusLumborum => "腰方形筋",
        Structure::Iliopsoas => "腸腰筋",
        Structure::PsoasMajor => "大腰筋",
        Structure::GluteusMaximus => "大殿筋",
        Structure::GluteusMedius => "中殿筋",
        Structure::GluteusMinimus => "小殿筋",
        Structure::Piriformis => "梨状筋",
        Structure::TensorFasciaeLatae => "大腿筋膜張筋",
        Structure::Sartorius => "縫工筋",
        Structure::QuadricepsFemoris => "大腿四頭筋",
        Structure::Hamstrings => "ハムストリングス",
        Structure::Adductors => "内転筋群",
        Structure::Gracilis => "薄筋",
        Structure::Pectineus => "恥骨筋",
        Structure::SkeletalMuscle => "全骨格筋",
        Structure::SubcutaneousFat => "皮下脂肪",
        Structure::VisceralFat => "内臓脂肪",
        Structure::Aorta => "大動脈",
        Structure::HipImplant => "股関節インプラント",
        Structure::LumbarSpine => "腰椎",
        Structure::Body => "体幹",
    }
}

/// A side; nothing for unpaired structures.
pub fn side(side: Side) -> Phrase {
    match side {
        Side::None => phrase("", ""),
        Side::Left => phrase("left", "左"),
        Side::Right => phrase("right", "右"),
    }
}

/// Where in a structure.
pub fn region(region: Region) -> Phrase {
    match region {
        Region::Whole => phrase("Whole structure", "全体"),
        Region::Trabecular => phrase("Trabecular region", "海綿骨領域"),
        Region::VertebralBody => phrase("Vertebral body", "椎体"),
        Region::L1ToL4 => phrase("L1 to L4", "L1~L4"),
        Region::FemoralNeck => phrase("Femoral neck", "大腿骨頸部"),
        Region::Trochanter => phrase("Trochanter", "転子部"),
        Region::Intertrochanter => phrase("Intertrochanter", "転子間部"),
        Region::TotalHip => phrase("Total hip", "近位部全体"),
        Region::L3Slice => phrase("Slice through L3", "第3腰椎中央の断面"),
    }
}
