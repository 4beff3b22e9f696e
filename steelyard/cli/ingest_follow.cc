#include "steelyard/cli/ingest_follow.h"

#include <pthread.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <optional>
#include <utility>

#include "steelyard/base/limits.h"
#include "steelyard/cli/sent_events.h"
#include "steelyard/input/follower.h"

namespace steelyard::cli {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds look_again(200);
constexpr milliseconds pause_min(200);
constexpr milliseconds pause_max(10'000);
constexpr std::uint64_t retry_after_seconds_max = 300;  // Whatever the server says.

milliseconds now() {
  return std::chrono::duration_cast<milliseconds>(
      std::chrono::steady_clock::now().time_since_epoch());
}

void say(const std::string& text) { std::fprintf(stderr, "steelyard: %s\n", text.c_str()); }

/// SIGTERM and SIGINT end nothing by themselves: they are waited for.
class EndSignals {
 public:
  EndSignals() {
    sigemptyset(&signals_);
    sigaddset(&signals_, SIGINT);
    sigaddset(&signals_, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
  }

  /// Whether one came, then or before.
  bool came_within(milliseconds time) {
    const auto until = now() + time;
    while (!has_come_) {
      const milliseconds left = std::max(milliseconds(0), until - now());
      const timespec wait{left.count() / 1'000, left.count() % 1'000 * 1'000'000};
      has_come_ = sigtimedwait(&signals_, nullptr, &wait) > 0;
      if (!has_come_ && errno != EINTR) break;
    }
    return has_come_;
  }

 private:
  sigset_t signals_{};
  bool has_come_ = false;
};

/// Something that may last: said when it begins and when it is over, once each.
class Trouble {
 public:
  void begins(const std::string& text) {
    if (!is_there_) say(text);
    is_there_ = true;
  }
  void is_over(const std::string& text) {
    if (is_there_) say(text);
    is_there_ = false;
  }

 private:
  bool is_there_ = false;
};

class Following {
 public:
  Following(const FollowArguments& arguments, std::string position_file,
            std::unique_ptr<input::Follower> follower, Session& session)
      : arguments_(arguments),
        position_file_(std::move(position_file)),
        follower_(std::move(follower)),
        client_(arguments.url),
        session_(session) {}

  /// Ends without an error when somebody asked for it. Errors: what the server refused for good;
  /// those of the follower that do not pass.
  Result<void> run() {
    if (!follower_->is_there()) waiting_.begins("waiting for " + arguments_.file);
    keep_position();
    for (;;) {
      if (signals_.came_within(milliseconds(0))) return {};
      STEELYARD_TRY(has_lines, next_lines());
      if (!has_lines) {
        keep_position();  // Files are rotated away while nothing is written, too.
        if (signals_.came_within(look_again)) return {};
        continue;
      }
      STEELYARD_TRY(is_acknowledged, send());
      if (!is_acknowledged) return {};
      follower_->acknowledge(lines_);
      keep_position();
    }
  }

  const SentEvents& sent() const { return sent_; }

 private:
  Result<bool> next_lines() {
    auto has_lines = follower_->next(lines_, now());
    tell_notes();
    if (follower_->is_there()) waiting_.is_over(arguments_.file + " is there");
    if (has_lines.has_value()) {
      reading_.is_over(arguments_.file + " can be read again");
    } else if (has_lines.error().code == ErrorCode::file_is_unreadable) {
      reading_.begins(has_lines.error().detail + "; trying again until it can be read");
      return false;
    }
    return has_lines;
  }

  /// Until the lines are acknowledged; false: somebody asked for the end before.
  Result<bool> send() {
    const client::HttpClient::Fields fields = {{"Authorization", "Bearer " + arguments_.key},
                                               {"Content-Type", "application/x-ndjson"}};
    milliseconds pause = pause_min;
    for (int tried = 1;; ++tried) {
      const auto answer = client_.post("/v1/events", fields, lines_.text);
      if (answer.has_value() && answer->status == 200) {
        STEELYARD_PASS(count(answer->body));
        sending_.is_over("the server takes events again; nothing was lost");
        return true;
      }
      const bool may_help = !answer.has_value() || answer->status == 408 || answer->status == 429 ||
                            answer->status >= 500;
      if (!may_help) return refused(*answer);
      // A connection that was open for long may have been closed by the server.
      if (tried == 1 && !answer.has_value()) continue;
      sending_.begins((answer.has_value() ? "the server answered " + std::to_string(answer->status)
                                          : answer.error().detail) +
                      "; trying again until it takes events, nothing is lost");
      const std::uint64_t asked = answer.has_value() ? answer->retry_after_seconds : 0;
      if (!wait(std::max<milliseconds>(
              pause, std::chrono::seconds(std::min(asked, retry_after_seconds_max))))) {
        return false;
      }
      pause = std::min(2 * pause, pause_max);
    }
  }

  Result<bool> refused(const client::Answer& answer) {
    return failure(ErrorCode::server_is_unreachable,
                   "the server answered " + std::to_string(answer.status) + ": " + answer.body +
                       "; nothing behind byte " + std::to_string(lines_.offset) +
                       " was taken, and the next run begins there");
  }

  /// Files that are rotated away meanwhile are held open. False: somebody asked for the end.
  bool wait(milliseconds time) {
    for (const auto until = now() + time; now() < until;) {
      if (signals_.came_within(std::min(look_again, until - now()))) return false;
      // What is wrong is said where it is read.
      (void)follower_->look();
    }
    return true;
  }

  Result<void> count(const std::string& body) {
    STEELYARD_TRY(set_aside, sent_.add(body));
    const std::size_t shown = std::min(set_aside.size(), arguments_.shown_max);
    for (std::size_t i = 0; i < shown; ++i) {
      session_.write(arguments_.file + ", byte " + std::to_string(place_of(set_aside[i].event)) +
                     ": " + set_aside[i].text + '\n');
    }
    if (shown < set_aside.size()) {
      session_.write("  and " + std::to_string(set_aside.size() - shown) + " more\n");
    }
    return {};
  }

  /// Where an event of the request begins in the file.
  std::uint64_t place_of(std::uint64_t event) const {
    std::size_t at = 0;
    for (; event > 0 && at != std::string::npos; --event) {
      at = lines_.text.find('\n', at);
      if (at != std::string::npos) ++at;
    }
    return lines_.offset + (at == std::string::npos ? 0 : at);
  }

  void keep_position() {
    auto position = follower_->position();
    if (kept_ == position) return;
    if (const auto kept = input::write_position(position_file_, position); kept.has_value()) {
      kept_ = std::move(position);
      keeping_.is_over("the position is written again");
    } else {
      keeping_.begins(
          kept.error().detail +
          "; the position is not written, so that a new start sends again what was sent "
          "since (it counts once)");
    }
  }

  void tell_notes() {
    for (const std::string& each : follower_->take_notes()) say(each);
  }

  const FollowArguments& arguments_;
  std::string position_file_;
  std::unique_ptr<input::Follower> follower_;
  client::HttpClient client_;
  Session& session_;
  EndSignals signals_;
  input::FollowedLines lines_;
  std::optional<input::FollowPosition> kept_;
  SentEvents sent_;
  Trouble waiting_;
  Trouble reading_;
  Trouble sending_;
  Trouble keeping_;
};

}  // namespace

void follow(const FollowArguments& arguments, Session& session) {
  const std::string position_file =
      arguments.position.empty() ? arguments.file + ".steelyard-position" : arguments.position;
  const auto position = input::read_position(position_file);
  if (!position.has_value()) return session.fail(position.error());
  input::FollowLimits limits;
  limits.line_bytes_max = limits::event_line_bytes_max;
  auto follower = input::Follower::open(arguments.file, *position, limits);
  if (!follower.has_value()) return session.fail(follower.error());
  Following following(arguments, position_file, *std::move(follower), session);
  const auto ended = following.run();
  session.write(following.sent().to_text() + '\n');
  if (!ended.has_value()) session.fail(ended.error());
}

}  // namespace steelyard::cli
