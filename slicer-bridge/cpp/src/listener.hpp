// Between the library's threads and the host's progress function.

#ifndef BONEMUSCLE_LISTENER_HPP
#define BONEMUSCLE_LISTENER_HPP

#include "bonemuscle/library.hpp"
#include "rust/cxx.h"

#include <exception>
#include <mutex>
#include <string_view>

namespace bonemuscle::bridge {

class Listener {
  public:
    explicit Listener(const Progress &progress) : progress_(progress) {}

    /// Asks the host whether to go on. An exception must not cross Rust: it is kept, and nobody is asked again.
    bool hear(rust::Str stage, float fraction) const noexcept {
        const std::lock_guard<std::mutex> alone(mutex_);
        if (thrown_) return false;
        if (!progress_) return true;
        try {
            return progress_(std::string_view(stage.data(), stage.size()), fraction);
        } catch (...) {
            thrown_ = std::current_exception();
            return false;
        }
    }

    /// Throws what the host's function threw.
    void rethrow() const {
        if (thrown_) std::rethrow_exception(thrown_);
    }

  private:
    const Progress &progress_;
    mutable std::mutex mutex_;
    mutable std::exception_ptr thrown_;
};

} // namespace bonemuscle::bridge

#endif // BONEMUSCLE_LISTENER_HPP
