//! The results as Slicer reads tables.

use crate::failure::Failure;
use bonemuscle_client::{Error, Status};

/// The columns, as the library's own table names them.
const COLUMNS: [&str; 8] = ["structure", "side", "region", "quantity", "value", "unit", "method", "reason"];

/// The library's `results.csv` as tab-separated values. Digits stay as they are; what would end a field or a quotation in Slicer's
/// reader, which knows no escapes, becomes a blank or an apostrophe.
pub fn tsv(results: &[u8]) -> Result<String, Failure> {
    let mut reader = csv::Reader::from_reader(results);
    let places = {
        let header = reader.headers().map_err(foreign)?;
        let place = |column| header.iter().position(|name| name == column);
        COLUMNS.map(|column| place(column).ok_or_else(|| foreign(format!("its table lacks the column {column}"))))
    };
    let mut table = COLUMNS.join("\t") + "\n";
    let places = places.into_iter().collect::<Result<Vec<_>, _>>()?;
    for record in reader.records() {
        let record = record.map_err(foreign)?;
        let fields: Vec<String> = places.iter().map(|place| plain(record.get(*place).unwrap_or_default())).collect();
        table += &fields.join("\t");
        table.push('\n');
    }
    Ok(table)
}

fn plain(field: &str) -> String {
    field.replace(['\t', '\r', '\n'], " ").replace('"', "'")
}

fn foreign(problem: impl ToString) -> Failure {
    let message = format!("the library's results cannot be read: {}", problem.to_string());
    Error { status: Status::Internal, message }.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_found_by_name_and_fields_cannot_break_the_table() {
        let csv = "structure,side,region,quantity,value,unit,method,reference,not_measured,reason\r\n\
                   l1,none,trabecular,attenuation_mean,151.250,[hnsf'U],m/1,,,\r\n\
                   l2,none,whole,volume,,cm3,,,METAL,\"metal, \"\"3\"\" mm\taway\r\nfrom it\"\r\n";
        let tsv = tsv(csv.as_bytes()).expect("a table");
        let expected = "structure\tside\tregion\tquantity\tvalue\tunit\tmethod\treason\n\
                        l1\tnone\ttrabecular\tattenuation_mean\t151.250\t[hnsf'U]\tm/1\t\n\
                        l2\tnone\twhole\tvolume\t\tcm3\t\tmetal, '3' mm away  from it\n";
        assert_eq!(tsv, expected);
    }

    #[test]
    fn a_foreign_table_is_refused() {
        assert!(tsv(b"structure,value\r\n").expect_err("columns are missing").to_string().contains("lacks the column side"));
    }
}
