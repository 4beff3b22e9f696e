#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <memory>
#include <thread>

#include "steelyard/base/limits.h"
#include "steelyard/cli/api_client.h"
#include "steelyard/cli/command.h"
#include "steelyard/cli/ingest_follow.h"
#include "steelyard/cli/progress.h"
#include "steelyard/cli/sent_events.h"
#include "steelyard/client/http_client.h"
#include "steelyard/input/line_chunks.h"
#include "steelyard/report/text_table.h"

namespace steelyard::cli {

void add_ingest(CLI::App& app, Session& session);

namespace {

constexpr std::size_t lines_of_a_request = 5'000;
constexpr std::size_t bytes_of_a_request = std::size_t{8} * 1024 * 1024;
constexpr int tries_max = 8;

struct Arguments {
  std::string url;
  std::string key;
  std::uint64_t from_line = 1;
  std::size_t shown_max = 10;
  std::vector<std::string> files;
  bool is_quiet = false;
  bool is_following = false;
  std::string position;
};

/// Sends lines, and counts what became of them.
class Sender {
 public:
  Sender(const Arguments& arguments, client::Url url) : arguments_(arguments), client_(url) {}

  /// Errors: server_is_unreachable, or what the server refused.
  Result<void> send(std::string lines, std::uint64_t first_line) {
    const client::HttpClient::Fields fields = {{"Authorization", "Bearer " + arguments_.key},
                                               {"Content-Type", "application/x-ndjson"}};
    auto pause = std::chrono::milliseconds(200);
    for (int tried = 1;; ++tried, pause *= 2) {
      auto answer = client_.post("/v1/events", fields, lines);
      if (answer.has_value() && answer->status == 200) return count(answer->body, first_line);
      const bool may_help = !answer.has_value() || answer->status == 429 || answer->status == 503;
      if (!may_help || tried == tries_max) return std::unexpected(error_of(answer));
      std::this_thread::sleep_for(pause);
    }
  }

  const SentEvents& sent() const { return sent_; }
  const std::vector<std::string>& shown() const { return shown_; }

 private:
  static Error error_of(const Result<client::Answer>& answer) {
    if (!answer.has_value()) return answer.error();
    return {ErrorCode::server_is_unreachable,
            "the server answered " + std::to_string(answer->status) + ": " + answer->body};
  }

  Result<void> count(const std::string& body, std::uint64_t first_line) {
    STEELYARD_TRY(set_aside, sent_.add(body));
    for (const SentEvents::SetAside& each : set_aside) {
      if (shown_.size() >= arguments_.shown_max) break;
      shown_.push_back("line " + std::to_string(first_line + each.event) + ": " + each.text);
    }
    return {};
  }

  const Arguments& arguments_;
  client::HttpClient client_;
  SentEvents sent_;
  std::vector<std::string> shown_;
};

/// Cuts a chunk into requests. `line` is the number of its first line, and then of the next.
Result<void> send_chunk(const input::Chunk& chunk, std::uint64_t& line, const Arguments& arguments,
                        Sender& sender) {
  const char* at = chunk.bytes.data();
  const char* const end = at + chunk.size;
  while (at < end) {
    const char* const begin = at;
    const std::uint64_t first = line;
    while (at < end && line - first < lines_of_a_request) {
      const auto* const line_end =
          static_cast<const char*>(std::memchr(at, '\n', static_cast<std::size_t>(end - at)));
      const auto size = static_cast<std::size_t>(line_end + 1 - begin);
      if (at != begin && size > bytes_of_a_request) break;
      at = line_end + 1;
      ++line;
      if (line == arguments.from_line) break;
    }
    if (first < arguments.from_line) continue;
    if (auto sent = sender.send(std::string(begin, at), first); !sent.has_value()) {
      line = first;
      return sent;
    }
  }
  return {};
}

void begin_to_follow(const Arguments& arguments, client::Url url, Session& session) {
  const auto wrong = [&](const char* text) { session.fail({ErrorCode::usage_of_command, text}); };
  if (arguments.files.size() != 1) return wrong("--follow is for one file");
  if (arguments.files.front() == "-") {
    return wrong("--follow is for a file: standard input is read until it ends without it");
  }
  if (arguments.from_line > 1) {
    return wrong("--from-line is not for --follow, which knows its position");
  }
  follow({.url = std::move(url),
          .key = arguments.key,
          .file = arguments.files.front(),
          .position = arguments.position,
          .shown_max = arguments.shown_max},
         session);
}

void ingest(Arguments& arguments, Session& session) {
  auto key = api_key(arguments.key);
  if (!key.has_value()) return session.fail(key.error());
  arguments.key = *std::move(key);
  auto url = client::parse_url(arguments.url);
  if (!url.has_value()) return session.fail(url.error());
  if (arguments.is_following) return begin_to_follow(arguments, *std::move(url), session);
  if (!arguments.position.empty()) {
    return session.fail({ErrorCode::usage_of_command, "--position is for --follow"});
  }
  if (arguments.from_line > 1 && arguments.files.size() != 1) {
    return session.fail({ErrorCode::usage_of_command, "--from-line is for one file"});
  }
  if (auto checked = input::check_files(arguments.files); !checked.has_value()) {
    return session.fail(checked.error());
  }
  Sender sender(arguments, *std::move(url));
  input::LineChunks chunks(arguments.files, limits::event_line_bytes_max);
  input::Chunk chunk;
  Progress progress(arguments.files, arguments.is_quiet);
  std::uint64_t line = 1;
  const auto begin = std::chrono::steady_clock::now();
  Result<void> outcome;
  while (outcome.has_value()) {
    const auto has_more = chunks.next(chunk);
    if (!has_more.has_value()) outcome = std::unexpected(has_more.error());
    if (!has_more.has_value() || !*has_more) break;
    if (chunk.begins_file) line = 1;
    outcome = send_chunk(chunk, line, arguments, sender);
    progress.show(chunks.position());
  }
  progress.clear();
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now() - begin);
  const auto rate = sender.sent().received() * 1'000 /
                    static_cast<std::uint64_t>(std::max<std::int64_t>(1, ms.count()));
  session.write(sender.sent().to_text() + "; " + report::grouped(std::to_string(rate)) +
                " events/s\n");
  for (const std::string& each : sender.shown()) session.write("  " + each + '\n');
  if (!outcome.has_value()) {
    return session.fail(
        {outcome.error().code, outcome.error().detail + "; go on with --from-line " +
                                   std::to_string(line) +
                                   " (what was sent before counts once, however often it comes)"});
  }
  if (sender.sent().set_aside() > 0) session.status = ExitStatus::some_set_aside;
}

}  // namespace

void add_ingest(CLI::App& app, Session& session) {
  CLI::App* const command = app.add_subcommand("ingest", "Send files of usage events to a server");
  const auto arguments = std::make_shared<Arguments>();
  command->add_option("--url", arguments->url, "The server")
      ->type_name("URL")
      ->default_str("http://127.0.0.1:8080");
  arguments->url = "http://127.0.0.1:8080";
  command->add_option("--key", arguments->key, "An API key; default: $STEELYARD_KEY")
      ->type_name("KEY");
  command
      ->add_option("--from-line", arguments->from_line,
                   "Begin with this line: where an earlier run stopped")
      ->check(CLI::PositiveNumber)
      ->type_name("N");
  command->add_flag("--follow", arguments->is_following,
                    "Stay, and send what is appended to the file, also when it is rotated; begins "
                    "where the last run stopped");
  command
      ->add_option("--position", arguments->position,
                   "Where --follow keeps how far it came; default: FILE.steelyard-position")
      ->type_name("FILE");
  command->add_option("--examples", arguments->shown_max, "How many lines set aside are shown")
      ->type_name("N")
      ->capture_default_str();
  command->add_flag("--quiet", arguments->is_quiet, "No progress bar");
  command
      ->add_option(
          "files", arguments->files,
          "Files of usage events, one JSON object a line; .gz and .zst are decompressed; - "
          "is standard input")
      ->required();
  set_examples(*command,
               "  Send a day to a server on this machine; the key is in STEELYARD_KEY:\n"
               "    steelyard ingest day.ndjson\n"
               "  Go on where it stopped; sending again is safe, an event counts once:\n"
               "    steelyard ingest --from-line 120001 day.ndjson\n"
               "  Send what a gateway appends to its journal, for as long as both run:\n"
               "    steelyard ingest --follow /var/lib/gateway/journal.ndjson");
  command->callback([arguments, &session] { ingest(*arguments, session); });
}

}  // namespace steelyard::cli
