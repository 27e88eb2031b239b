// Two muscles of known size and attenuation, in fat, in air.

#ifndef GLUTEUS_HPP
#define GLUTEUS_HPP

#include "check.hpp"

#include <array>
#include <cstdint>
#include <vector>

namespace gluteus {

constexpr std::array<std::size_t, 3> SIZE = {60, 40, 30};
constexpr std::array<double, 3> SPACING = {1.5, 2.0, 3.0};
constexpr std::array<double, 3> ORIGIN = {-44.25, -40.0, 100.0};
/// Columns to the left, rows to the back, slices to the head.
constexpr std::array<double, 9> STEPS = {SPACING[0], 0, 0, 0, SPACING[1], 0, 0, 0, SPACING[2]};
constexpr std::uint8_t RIGHT = 1, LEFT = 2;

inline std::size_t index(std::size_t column, std::size_t row, std::size_t slice) { return (slice * SIZE[1] + row) * SIZE[0] + column; }

/// The patient's right muscle: 10 x 10 x 10 voxels, half of 40, half of 60 HU; the left one: 12 x 10 x 10 of 30 HU.
template <class Hu, class Label> struct Patient {
    std::vector<Hu> hu = std::vector<Hu>(SIZE[0] * SIZE[1] * SIZE[2], Hu(-1000));
    std::vector<Label> labels = std::vector<Label>(SIZE[0] * SIZE[1] * SIZE[2], Label(0));

    Patient() {
        for (std::size_t slice = 0; slice < SIZE[2]; slice++)
            for (std::size_t row = 4; row < 36; row++)
                for (std::size_t column = 4; column < 56; column++) hu[index(column, row, slice)] = Hu(-100);
        for (std::size_t slice = 10; slice < 20; slice++)
            for (std::size_t row = 15; row < 25; row++) {
                for (std::size_t column = 10; column < 20; column++) put(column, row, slice, slice < 15 ? 40 : 60, RIGHT);
                for (std::size_t column = 40; column < 52; column++) put(column, row, slice, 30, LEFT);
            }
    }

    void put(std::size_t column, std::size_t row, std::size_t slice, int value, std::uint8_t label) {
        hu[index(column, row, slice)] = Hu(value);
        labels[index(column, row, slice)] = Label(label);
    }

    bonemuscle::Study study() const {
        bonemuscle::Study study;
        study.volume = bonemuscle::image(hu.data(), SIZE, ORIGIN, STEPS);
        study.labels = bonemuscle::image(labels.data(), SIZE, ORIGIN, STEPS);
        study.label_names = names();
        return study;
    }

    static std::map<std::int64_t, std::string> names() { return {{RIGHT, "gluteus_maximus_right"}, {LEFT, "gluteus_maximus_left"}}; }
};

inline const bonemuscle::Measurement *find(const bonemuscle::Result &result, const std::string &side, const std::string &quantity) {
    for (const auto &one : result.measurements)
        if (one.structure == "gluteus_maximus" && one.side == side && one.quantity == quantity) return &one;
    return nullptr;
}

inline void is(const bonemuscle::Result &result, const std::string &side, const std::string &quantity, double value,
               const std::string &unit) {
    const auto *found = find(result, side, quantity);
    CHECK(found != nullptr);
    if (std::abs(found->value - value) > 1e-5 * std::abs(value) || found->unit != unit) {
        std::fprintf(stderr, "%s %s: %g %s, not %g %s\n", side.c_str(), quantity.c_str(), found->value, found->unit.c_str(), value,
                     unit.c_str());
        std::exit(1);
    }
}

/// A voxel is 9 mm3: 9 and 10.8 cm3 of muscle, of 50 and 30 HU; on the other side, or in other steps, they would be others.
inline void is_known(const bonemuscle::Result &result) {
    is(result, "right", "volume", 9.0, "cm3");
    is(result, "left", "volume", 10.8, "cm3");
    is(result, "right", "attenuation_mean", 50.0, "[hnsf'U]");
    is(result, "right", "attenuation_sd", 10.0, "[hnsf'U]");
    is(result, "left", "attenuation_mean", 30.0, "[hnsf'U]");
}

} // namespace gluteus

#endif // GLUTEUS_HPP
