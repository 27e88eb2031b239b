// What a run gave. Research use only. Not for diagnosis.
// SPDX-License-Identifier: Apache-2.0 OR MIT

#ifndef BONEMUSCLE_RESULT_HPP
#define BONEMUSCLE_RESULT_HPP

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace bonemuscle {

/// One value, in the words of plugin-core/schema/report.schema.json.
struct Measurement {
    /// Such as `femur` or `l3`.
    std::string structure;
    /// `left`, `right` or `none`.
    std::string side;
    /// Where in the structure, such as `femoral_neck`.
    std::string region;
    /// Such as `areal_density`.
    std::string quantity;
    double value;
    /// UCUM.
    std::string unit;
    /// Over the passes of a network, in the unit of the value; none where the value does not come from one.
    std::optional<double> standard_deviation;
    /// Identifier and version of the recipe.
    std::string method;
    /// For scores: which row of the reference table, an entry of the report's `references`.
    std::optional<std::string> reference;
};

/// Values that could not be given, and why.
struct NotMeasured {
    std::string structure;
    std::string side;
    std::string region;
    /// What is missing.
    std::vector<std::string> quantities;
    /// Which criteria could therefore not be applied.
    std::vector<std::string> criteria;
    /// Which gate, such as `BORDER_MASK`.
    std::string code;
    /// A sentence that says what was found and what would do.
    std::string reason;
    /// The figure the gate saw, where there is one.
    std::optional<double> found;
};

/// A file of the result, such as `report.pdf`.
struct File {
    std::string name;
    std::string media_type;
    std::vector<std::uint8_t> data;
};

/// What a run gave.
struct Result {
    /// The whole answer as JSON: the report of a measurement, with calibration, origin of the labels and assessments; what was labelled.
    std::string json;
    /// Every value of the report, in its order; empty where nothing was measured.
    std::vector<Measurement> measurements;
    /// Every value that is missing, in the report's order.
    std::vector<NotMeasured> not_measured;
    /// What the settings' `outputs` asked for.
    std::vector<File> files;
};

} // namespace bonemuscle

#endif // BONEMUSCLE_RESULT_HPP
