#include "steelyard/node/replay_guard.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <optional>
#include <string_view>

#include "steelyard/base/time.h"
#include "steelyard/core/log_record.h"
#include "steelyard/json/document.h"
#include "steelyard/log/file_io.h"

namespace steelyard::node {
namespace {

constexpr std::string_view file_name = "replaying";

/// What stands in the file: five numbers of 20 digits, and a mark if the program ended itself.
struct Noted {
  RecordRange applying;
  RecordRange ended;        ///< Where the start before that ended,
  std::uint64_t times = 0;  ///< and how many did there.
  bool has_ended_itself = false;
};

constexpr std::size_t numbers_size = 5 * 21;
constexpr std::string_view ended_mark = "ended\n";
constexpr std::array ending_signals = {SIGABRT, SIGSEGV, SIGBUS, SIGILL, SIGFPE};

/// Of the note that is watched; a process has one.
std::atomic<int> descriptor = -1;
std::atomic<bool> is_watching = false;
std::array<struct sigaction, ending_signals.size()> handlers_before;

void put_back_handlers() {
  for (std::size_t i = 0; i < ending_signals.size(); ++i) {
    sigaction(ending_signals[i], &handlers_before[i], nullptr);
  }
}

/// Only does what a signal handler may.
void mark_and_end(int signal) {
  const int note = descriptor.load();
  if (note >= 0) (void)!::pwrite(note, ended_mark.data(), ended_mark.size(), numbers_size);
  put_back_handlers();
  (void)std::raise(signal);  // As it would have ended.
}

void watch_signals(const std::string& path) {
  descriptor = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
  struct sigaction action{};
  action.sa_handler = mark_and_end;
  action.sa_flags = SA_NODEFER;
  for (std::size_t i = 0; i < ending_signals.size(); ++i) {
    sigaction(ending_signals[i], &action, &handlers_before[i]);
  }
  is_watching = true;
}

void leave_signals() {
  if (is_watching.exchange(false)) put_back_handlers();
  const int note = descriptor.exchange(-1);
  if (note >= 0) ::close(note);
}

std::string number_text(std::uint64_t number) {
  std::string digits = std::to_string(number);
  return std::string(20 - digits.size(), '0') + digits + '\n';
}

std::string text_of(const RecordRange& range) {
  return number_text(range.first) + number_text(range.last);
}

std::string text_of(const Noted& noted) {
  return text_of(noted.applying) + text_of(noted.ended) + number_text(noted.times);
}

/// None: it is not whole, as power that fails may leave it.
std::optional<Noted> read(std::string_view text) {
  std::array<std::uint64_t, 5> numbers{};
  const bool has_ended_itself = text.ends_with(ended_mark);
  if (has_ended_itself) text.remove_suffix(ended_mark.size());
  if (text.size() != numbers_size) return std::nullopt;
  for (std::uint64_t& number : numbers) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + 20, number);
    if (error != std::errc() || end != text.data() + 20) return std::nullopt;
    text.remove_prefix(21);
  }
  return Noted{{numbers[0], numbers[1]}, {numbers[2], numbers[3]}, numbers[4], has_ended_itself};
}

/// What the next start has to know of the last one.
Noted counted(const Noted& last) {
  Noted next{{}, last.ended, last.times};
  if (last.applying.is_empty() || !last.has_ended_itself) return next;
  next.times = last.applying.overlaps(last.ended) ? last.times + 1 : 1;
  next.ended = last.applying;
  return next;
}

std::string quoted_member(const json::Document& document, std::string_view name) {
  const json::Object event(document, document.root());
  std::string found = "?";
  event.each([&](const json::Node& member) {
    if (document.name(member) == name) found = '"' + std::string(document.text(member)) + '"';
  });
  return found;
}

std::string words_of(const core::LogRecord& record) {
  const std::string of = ", of tenant " + std::to_string(record.tenant) + ", received " +
                         base::to_rfc3339(record.received());
  if (record.kind == core::RecordKind::tick) return "a tick" + of;
  json::Document document;
  if (!document.parse_copy(record.text)) return "a text that can not be read" + of;
  if (record.kind == core::RecordKind::command) {
    return "command " + quoted_member(document, "command") + of;
  }
  return "event " + quoted_member(document, "id") + " of source " +
         quoted_member(document, "source") + of;
}

Result<std::string> words_at(const log::LocalLog& log, std::uint64_t sequence) {
  std::string words = "no record";
  STEELYARD_PASS(log.read(sequence, [&](std::uint64_t, std::string_view bytes) {
    const auto record = core::read_log_record(bytes);
    words = record.has_value() ? words_of(*record) : record.error().detail;
    return false;
  }));
  return words;
}

Result<Error> refusal(const std::string& directory, const log::LocalLog& log, const Noted& noted) {
  const std::string times = std::to_string(noted.times) + " times";
  const std::string note = directory + '/' + std::string(file_name);
  const std::string again = "; to try again, remove " + note;
  if (noted.ended.contains(0)) {
    return Error{ErrorCode::record_ends_server,
                 "the server was ended " + times + " while it took up what it keeps in " +
                     directory + "/state; nothing is lost: remove " + directory + "/state, " +
                     directory + "/identities and " + note +
                     ", and all of it is made again from the log"};
  }
  const std::string sequence = std::to_string(noted.ended.first);
  STEELYARD_TRY(words, words_at(log, noted.ended.first));
  return Error{
      ErrorCode::record_ends_server,
      "the server was ended " + times + " while it applied record " + sequence +
          " of the log: " + words +
          "; nothing is lost, and nothing is skipped. Look at it with: steelyard verify "
          "--data " +
          directory + " --record " + sequence +
          ". If memory and disk were sound, it is a mistake of this program: please report "
          "it, and go on with a version that applies the record" +
          again};
}

}  // namespace

Result<ReplayGuard> ReplayGuard::begin(const std::string& directory, const log::LocalLog& log,
                                       log::Files& files) {
  ReplayGuard guard;
  guard.files_ = &files;
  guard.path_ = directory + '/' + std::string(file_name);
  Noted noted;
  if (files.identity(guard.path_).has_value()) {
    STEELYARD_TRY(text, log::read_file(files, guard.path_));
    noted = counted(read(text).value_or(Noted()));
  }
  if (noted.times >= ends_max) {
    STEELYARD_TRY(refused, refusal(directory, log, noted));
    return std::unexpected(std::move(refused));
  }
  guard.ended_ = noted.ended;
  const auto written =
      log::write_file_durably(files, directory, std::string(file_name), text_of(noted));
  if (!written.has_value() && written.error().code == ErrorCode::disk_full) return guard;
  STEELYARD_PASS(written);
  auto file = files.open(guard.path_, log::OpenMode::write);
  if (!file.has_value()) return std::unexpected(log::error_of(file.error(), "open", guard.path_));
  guard.file_ = *std::move(file);
  leave_signals();
  watch_signals(guard.path_);
  return guard;
}

void ReplayGuard::note(const RecordRange& applying) {
  // Where it can not be written, nothing is guarded, and nothing else is lost.
  if (file_ != nullptr) (void)log::write_all(*file_, text_of(applying), 0);
}

Result<void> ReplayGuard::end() {
  if (path_.empty()) return {};
  leave_signals();
  file_.reset();
  const auto removed = files_->unlink(path_);
  if (removed.has_value() || removed.error() == ENOENT) return {};
  return std::unexpected(log::error_of(removed.error(), "remove", path_));
}

}  // namespace steelyard::node
