//! What gates say, in Japanese; in English the report's own sentences are printed.

use crate::report::GateCode;

/// One sentence, without its figure.
pub fn gate(code: GateCode) -> &'static str {
    match code {
        GateCode::SliceThick => "スライスが厚すぎます",
        GateCode::BorderMask => "構造が画像の端に接しているか、端に近すぎます",
        GateCode::FovTrunc => "撮像視野により必要な部分が切れています",
        GateCode::Metal => "構造の近くに金属があります",
        GateCode::Laterality => "左右の判定に疑いがあります",
        GateCode::RoiSmall => "関心領域のボクセルが少なすぎます",
        GateCode::Uncertain => "モデルの領域ラベルの不確かさが大きいです",
        GateCode::NotLabelled => "対象の構造のラベルがありません",
        GateCode::LevelOrder => "椎体の並び順が解剖学的順序と一致しません",
        GateCode::LevelAmbiguous => "椎体の番号付けに疑いがあります",
        GateCode::LevelsFew => "評価できる椎体の数が平均値の算出に足りません",
        GateCode::LevelOutlier => "隣接椎体と大きく異なり、変性の影響が疑われます",
        GateCode::VertebralFracture => "椎体の高さが低下しています",
        GateCode::Scoliosis => "脊柱が側方に弯曲しています",
        GateCode::BodyNotFound => "椎体を後方要素から区別できません",
        GateCode::FocalDense => "局所的な高濃度部を領域から除外しました",
        GateCode::NeckQc => "大腿骨のランドマークが妥当な範囲にありません",
        GateCode::ShaftTruncated => "大腿骨骨幹部の撮像範囲が足りません",
        GateCode::HuRange => "組織としてあり得ない平均CT値です",
        GateCode::Noise => "画像のノイズが大きいです",
        GateCode::LabelGap => "ラベルに欠けたスライスがあります",
        GateCode::LabelContradiction => "ラベルの情報に矛盾があります",
        GateCode::LabelsNotUsed => "使用しなかった他のセグメンテーションがあります",
        GateCode::SeriesNotMeasured => "計測しなかった他のCTシリーズがあります",
        GateCode::Contrast => "造影剤が使用されています",
        GateCode::Kvp => "管電圧が通常と異なります",
        GateCode::Kernel => "高周波強調の再構成関数です",
        GateCode::NotCalibrated => "CT値が密度に校正されていません",
        GateCode::PhantomMissing => "画像内に校正ファントムが見つかりません",
        GateCode::RodOrder => "ファントムのロッドの順序が定義と異なるか、欠けています",
        GateCode::CalibrationFit => "校正直線の当てはまりが不十分です",
        GateCode::CalibrationUnconfirmed => "ファントムの定義または変換が証明書で確認されていません",
        GateCode::CalibrationNoMatch => "装置と撮影条件に合う有効な校正が保存されていません",
        GateCode::CalibrationLowConfidence => "精度の低い校正方法です",
        GateCode::TissueRange => "基準組織がないか、あり得ないCT値です",
        GateCode::Age => "年齢が不明か、その年齢に適用できる基準がありません",
        GateCode::Sex => "性別が不明か、適用できる基準がありません",
        GateCode::HeightMissing => "身長が不明です",
        GateCode::NoReference => "確認済みの基準値がありません",
    }
}
