// What all tests use.

#ifndef CHECK_HPP
#define CHECK_HPP

#include "bonemuscle/bonemuscle.hpp"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>

#define CHECK(condition)                                                                                                                   \
    do {                                                                                                                                   \
        if (!(condition)) {                                                                                                                \
            std::fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);                                                   \
            std::exit(1);                                                                                                                  \
        }                                                                                                                                  \
    } while (false)

/// The status and the sentence with which `run` refuses; the sentence holds `part`.
template <class Run> void refuses(Run run, bonemuscle::Status status, const std::string &part) {
    try {
        run();
    } catch (const bonemuscle::Error &error) {
        if (error.status() == status && std::string(error.what()).find(part) != std::string::npos) return;
        std::fprintf(stderr, "refused with status %u: %s\n", static_cast<unsigned>(error.status()), error.what());
        std::exit(1);
    }
    std::fprintf(stderr, "not refused, though \"%s\" was expected\n", part.c_str());
    std::exit(1);
}

#endif // CHECK_HPP
