// Measures a study and prints every value. usage: measure FOLDER [REPORT]
// With REPORT, the whole report is written there as well.

#include <bonemuscle/bonemuscle.hpp>

#include <cstdio>
#include <fstream>

int main(int count, char **arguments) {
    if (count < 2 || count > 3) {
        std::fprintf(stderr, "usage: measure FOLDER [REPORT]\n");
        return 2;
    }
    try {
        const bonemuscle::Library library;
        bonemuscle::Study study;
        study.files = {arguments[1]};
        const auto show = [](std::string_view stage, float fraction) {
            std::fprintf(stderr, "\r%-8s %3.0f %%%s", std::string(stage).c_str(), 100 * fraction, fraction < 1 ? "" : "\n");
            return true; // false would cancel
        };
        const auto result = library.measure(study, R"({"outputs": []})", show);
        for (const auto &one : result.measurements)
            std::printf("%s %s %s %g %s\n", one.structure.c_str(), one.side.c_str(), one.quantity.c_str(), one.value, one.unit.c_str());
        if (count == 3) std::ofstream(arguments[2]) << result.json;
        return 0;
    } catch (const std::exception &error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
}
