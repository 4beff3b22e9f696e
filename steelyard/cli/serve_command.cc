#include <pthread.h>
#include <sched.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <exception>
#include <filesystem>
#include <memory>
#include <new>
#include <thread>

#include "steelyard/api/sealed_data.h"
#include "steelyard/api/services.h"
#include "steelyard/base/exit_status.h"
#include "steelyard/base/hash.h"
#include "steelyard/base/text.h"
#include "steelyard/charges/charge_feed.h"
#include "steelyard/cli/command.h"
#include "steelyard/cli/price_book_option.h"
#include "steelyard/cli/serve_checkpoints.h"
#include "steelyard/cli/serve_mirror.h"
#include "steelyard/cli/terminal.h"
#include "steelyard/log/chain_mark.h"
#include "steelyard/log/file_io.h"
#include "steelyard/node/charge_rows.h"
#include "steelyard/pricebook/content_hash.h"
#include "steelyard/server/http_server.h"

namespace steelyard::cli {

void add_serve(CLI::App& app, Session& session);

namespace {

struct Arguments {
  std::string data;
  std::string price_book;
  std::string address = "127.0.0.1";
  std::uint16_t port = 8080;
  std::string certificate;
  std::string key;
  std::uint64_t segment_mib = 64;
  bool is_insecure = false;
  bool is_quiet = false;
  bool accepts_clock = false;
  bool needs_four_eyes = false;
  std::uint64_t keep_every = node::KeeperOptions().records_max;
  std::string mirror;
  CheckpointArguments checkpoints;
};

std::int64_t now_micros() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

/// The secret that API keys are kept under: made at the first start, readable by its owner only.
Result<server::Secret> load_pepper(const std::string& directory, bool is_first_start) {
  const std::string path = directory + "/pepper";
  if (std::filesystem::exists(path)) {
    STEELYARD_TRY(text, log::read_file(log::real_files(), path));
    if (is_pepper(text)) return server::Secret(text.substr(0, text.size() - 1));
    return failure(ErrorCode::file_is_malformed,
                   path +
                       ": not 64 hexadecimal digits; restore it from a backup, without it no "
                       "API key is valid");
  }
  if (!is_first_start) {
    return failure(ErrorCode::file_is_unreadable,
                   path + ": is missing; restore it from a backup, without it no API key is valid");
  }
  std::array<unsigned char, 32> bytes{};
  server::system_random()(bytes);
  const std::string text = base::hex_of(bytes) + '\n';
  // As a whole or not at all: a server that is killed here must start again.
  STEELYARD_PASS(log::write_file_durably(log::real_files(), directory, "pepper", text));
  return server::Secret(text.substr(0, 64));
}

/// What is made in it is for its owner: customers' usage is nobody else's business. Earlier
/// versions made some of it for all.
Result<void> make_folder(const std::string& data) {
  umask(S_IRWXG | S_IRWXO);
  std::error_code error;
  std::filesystem::create_directories(data, error);
  if (error) return failure(ErrorCode::file_is_unreadable, data + ": " + error.message());
  for (const char* const name :
       {"/state", "/identities", "/charges.duckdb", "/charges.duckdb.wal"}) {
    std::error_code is_missing;
    std::filesystem::permissions(data + name, std::filesystem::perms::others_all,
                                 std::filesystem::perm_options::remove, is_missing);
  }
  return {};
}

/// What exports and long questions that a crash ended have left: texts that were opened stand in
/// it.
void forget_scratch(const std::string& data) {
  std::error_code ignored;
  for (const char* const name : {"/exports", "/charges.duckdb.tmp"}) {
    std::filesystem::remove_all(data + name, ignored);
  }
}

/// Of the data's folder, and of its mirror if it has one.
Result<std::unique_ptr<personal::KeyRing>> open_personal_keys(const Arguments& arguments) {
  std::vector<std::string> folders{arguments.data};
  if (!arguments.mirror.empty()) folders.push_back(arguments.mirror);
  STEELYARD_TRY(keys,
                personal::KeyRing::open(std::move(folders), log::real_files(),
                                        {.random = server::system_random(), .micros = now_micros}));
  if (const std::size_t damaged = keys->damaged_count(); damaged > 0) {
    std::fprintf(stderr,
                 "steelyard: %zu keys of %s/%s are damaged: what they sealed of personal data can "
                 "not be read, charges do not depend on it; take the file from a backup if you "
                 "can\n",
                 damaged, arguments.data.c_str(),
                 std::string(personal::KeyRing::file_name).c_str());
  }
  return keys;
}

/// Goes on while the machine sleeps.
std::int64_t steady_micros() {
  timespec now{};
  clock_gettime(CLOCK_BOOTTIME, &now);
  return std::int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1'000;
}

void tell_of_jump(std::int64_t micros) {
  if (micros == 0) {
    std::fprintf(stderr, "steelyard: the clock is right again\n");
    return;
  }
  std::fprintf(
      stderr,
      "steelyard: the clock jumped by %lld s and is not believed: time goes on without it; "
      "set it right, or start again if it is\n",
      static_cast<long long>(micros / 1'000'000));
}

/// A request that gets no memory is refused; where something else does not, what it was doing is
/// half done, and the log is the only thing to go on from.
[[noreturn]] void end_of_exception() {
  const auto thrown = std::current_exception();
  try {
    if (thrown != nullptr) std::rethrow_exception(thrown);
    std::fprintf(stderr, "steelyard: the server ends: something failed where nothing may\n");
  } catch (const std::bad_alloc&) {
    constexpr std::string_view words =
        "steelyard: there is no memory, and the server ends; nothing that was acknowledged is "
        "lost\n";
    (void)!write(STDERR_FILENO, words.data(), words.size());
    _exit(base::exit_status_of_no_memory);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "steelyard: the server ends: %s\n", error.what());
  }
  std::abort();
}

/// Blocks until somebody asks the program to end. The signals were blocked in every thread.
void wait_for_signal(const sigset_t& signals) {
  int signal = 0;
  while (sigwait(&signals, &signal) != 0) {
  }
}

/// That this program may use.
std::size_t cores() {
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) {
    return std::max(1U, std::thread::hardware_concurrency());
  }
  return static_cast<std::size_t>(CPU_COUNT(&allowed));
}

/// What is written to a folder that was moved or deleted, nobody finds again.
void check_place(const log::LocalLog& log, const std::string& folder) {
  const auto is = log.check_place();
  if (is.has_value()) return;
  std::fprintf(stderr,
               "steelyard: %s was moved, deleted or replaced while it is served, and nothing more "
               "is taken: %s; put it back, or serve it where it is now, then start again\n",
               folder.c_str(), is.error().detail.c_str());
  _exit(base::exit_status_of_io_error);
}

/// It is not needed to go on: it may lag.
void write_mark(log::ChainMark& chain, const log::ChainPoint& head) {
  if (const auto is = chain.write(head); !is.has_value()) {
    std::fprintf(stderr, "steelyard: %s\n", is.error().detail.c_str());
  }
}

/// Lets holds and grants end, and state be kept; looks each second whether the folder is there, and
/// says how far the log is.
class Ticker {
 public:
  Ticker(node::Node& node, std::string folder, log::ChainMark& chain)
      : folder_(std::move(folder)), thread_([this, &node, &chain] { run(node, chain); }) {}
  ~Ticker() {
    is_over_ = true;
    thread_.join();
  }
  Ticker(const Ticker&) = delete;
  Ticker& operator=(const Ticker&) = delete;

 private:
  void run(node::Node& node, log::ChainMark& chain) {
    constexpr auto step = std::chrono::milliseconds(100);
    constexpr int steps_between_looks = 10;
    for (int i = 0; !is_over_; ++i, std::this_thread::sleep_for(step)) {
      if (i % steps_between_looks == 0) {
        check_place(node.log(), folder_);
        write_mark(chain, node.log().head());
      }
      node.tick();
    }
  }

  std::string folder_;
  std::atomic<bool> is_over_ = false;
  std::thread thread_;
};

/// Makes the first key of an installation, and says it: once. It is said before it is kept: of a
/// server that dies in between, the next start makes another one; the other way round nobody would
/// know the only key.
Result<void> greet(api::Services& services, const std::string& url, Session& session) {
  if (services.keys->all().empty()) {
    server::NewKey wanted;
    wanted.role = server::Role::root;
    wanted.tenant = "default";
    wanted.name = "first key";
    const std::int64_t now = now_micros();
    const auto created =
        services.keys->create(std::move(wanted), server::system_random(), {now / 1'000'000, 0});
    session.write("First key, shown once: " + std::string(created.text.reveal()) + '\n');
    STEELYARD_PASS(services.keep_key(created.record));
  }
  session.write("Listening on " + url + "  (documentation: " + url + "/docs)\n");
  return {};
}

/// The folder's prices come into force when it says something else than at the last start: until
/// then, those that were published over HTTP stay.
Result<void> publish_folder(node::Node& node, pricebook::Files files, const std::string& hash,
                            const std::string& folder) {
  const auto published = node.prices().published();
  const auto last =
      std::ranges::find_if(published.rbegin(), published.rend(),
                           [](const auto& each) { return each->what.origin == "start"; });
  if (last != published.rend() && (*last)->what.hash == hash) return {};
  core::PublishPrices prices;
  prices.files = std::move(files);
  prices.origin = "start";
  prices.hash = hash;
  STEELYARD_PASS(node.publish(std::move(prices)));
  if (!published.empty()) {
    std::fprintf(stderr, "steelyard: the prices of %s are in force from now on\n", folder.c_str());
  }
  return {};
}

/// On a full disk, the rules that are in force stay until another start.
Result<void> take_zone_rules(node::Node& node, server::StructuredLog& log) {
  const auto changes = node.take_zone_rules_of_machine();
  if (!changes.has_value() && changes.error().code != ErrorCode::disk_full) {
    return std::unexpected(changes.error());
  }
  if (!changes.has_value()) {
    log.write(server::LogLevel::warning, "zone_rules_not_taken", {{"why", changes.error().detail}});
    return {};
  }
  for (const node::Node::ZoneChange& each : *changes) {
    log.write(server::LogLevel::warning, "zone_rules_change",
              {{"zone", each.zone}, {"from", base::to_rfc3339(each.at)}});
  }
  return {};
}

Result<void> serve(const Arguments& arguments, Session& session) {
  std::set_terminate(end_of_exception);
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  const auto log = server::StructuredLog::to_stderr(
      server::Clock::system(),
      arguments.is_quiet ? server::LogLevel::warning : server::LogLevel::info);
  STEELYARD_TRY(folder, price_book_folder(arguments.price_book));
  STEELYARD_TRY(files, pricebook::read_files(folder));
  STEELYARD_TRY(series, pricebook::load(files, folder));
  const std::string hash = pricebook::content_hash(series);
  const auto initial = std::make_shared<const rating::Rater>(
      std::make_shared<const pricebook::PriceBookSeries>(std::move(series)));
  STEELYARD_PASS(make_folder(arguments.data));
  log::Options log_options;
  log_options.segment_bytes = arguments.segment_mib << 20;
  STEELYARD_PASS(set_mirror(arguments.mirror, arguments.data, log_options));
  // First: it says who has the folder.
  STEELYARD_TRY(facts, log::LocalLog::open(arguments.data, std::move(log_options)));
  STEELYARD_PASS(agree_on_pepper(arguments.mirror, arguments.data));
  STEELYARD_TRY(pepper, load_pepper(arguments.data, facts->durable_end() == 1));
  STEELYARD_PASS(agree_on_pepper(arguments.mirror, arguments.data));
  STEELYARD_TRY(witness, open_checkpoints(arguments.checkpoints, arguments.data, *facts));
  STEELYARD_PASS(log::check_chain_mark(log::real_files(), arguments.data, *facts));
  node::NodeOptions options;
  options.clock = {now_micros, steady_micros, tell_of_jump};
  options.guarded_folder = arguments.data;
  options.accepts_clock = arguments.accepts_clock;
  if (!arguments.is_quiet) {
    options.replaying = [](std::uint64_t count) {
      std::fprintf(stderr, "steelyard: replaying the log: %llu records\n",
                   static_cast<unsigned long long>(count));
    };
  }
  forget_scratch(arguments.data);
  STEELYARD_TRY(personal_keys, open_personal_keys(arguments));
  api::SealedData sealed(*personal_keys);
  charges::StoreOptions storing;
  storing.open_text = [&sealed](std::string_view tenant, std::string_view account,
                                std::string_view json) {
    return sealed.tags(tenant, account, json);
  };
  STEELYARD_TRY(charges, charges::ChargeStore::open(arguments.data + "/charges.duckdb", storing));
  if (charges.applied() >= facts->durable_end()) {
    return log::log_was_lost(*facts, "charges.duckdb", charges.applied());
  }
  if (charges.set_aside().has_value()) {
    std::fprintf(stderr, "steelyard: %s; it is rebuilt from the log\n",
                 charges.set_aside()->c_str());
  }
  // Where half of it is full, who sends much waits; where it were full, the core would wait.
  charges::FeedOptions feeding;
  feeding.queued_facts_max *= 2;
  charges::ChargeFeed feed(charges, feeding);
  node::ChargeRows rows;
  bool has_feed_failed = false;
  options.events_applied = [&](batch::ChunkRater& events, const core::Place& place,
                               const core::Core& core) {
    const auto details = events.details();
    std::uint64_t last = place.sequence;
    for (const batch::EventDetail& each : details) last = std::max(last, each.sequence);
    if (last <= feed.position() || last == 0 || has_feed_failed) return;
    if (auto fed = feed.add(rows.rows_of(events, place, core), last); !fed.has_value()) {
      has_feed_failed = true;
      std::fprintf(stderr,
                   "steelyard: charge lines are not written until the next start, which brings "
                   "them up to date; nothing else is affected: %s\n",
                   fed.error().detail.c_str());
    }
  };
  options.log_is_damaged = [](const Error& error) {
    const char* const words =
        error.code == ErrorCode::log_is_damaged
            ? "the log is damaged, in a part that was not needed to start; restore it from a backup"
            : "an old part of the log, or its mirror, can not be read or mended; look at the disk";
    std::fprintf(stderr, "steelyard: %s: %s\n", words, error.detail.c_str());
    _exit(base::exit_status_of_io_error);
  };
  // Before the services are there, nothing is taken.
  api::Services services(*initial);
  options.source_is_ahead = [&services, &log](const node::SourceClocks::Ahead& ahead) {
    log->write(server::LogLevel::warning, "source_clock_is_ahead",
               {{"tenant", services.tenant_name(ahead.tenant)},
                {"source", ahead.source},
                {"seconds", std::to_string(ahead.micros / 1'000'000)}});
  };
  node::KeeperOptions keeping;
  keeping.seed = base::hash(pepper.reveal());
  keeping.records_max = arguments.keep_every;
  // Where they are not written, they do not hold anything up: the next start rebuilds all.
  keeping.views_reached = [&] { return has_feed_failed ? UINT64_MAX : feed.position(); };
  keeping.alarm = [](const Error& error) {
    std::fprintf(stderr,
                 "steelyard: state could not be written; nothing is lost, but the next start takes "
                 "longer: %s\n",
                 error.detail.c_str());
  };
  STEELYARD_TRY(keeper, node::Keeper::open(arguments.data, std::move(keeping)));
  if (keeper->set_aside().has_value()) {
    std::fprintf(stderr, "steelyard: %s; it is rebuilt from the log\n",
                 keeper->set_aside()->c_str());
  }
  STEELYARD_TRY(node,
                node::Node::open(initial, std::move(facts), std::move(keeper), std::move(options)));
  const std::unique_ptr<node::Checkpoints> checkpoints = std::move(witness);  // Ends before it.
  STEELYARD_TRY(chain, log::ChainMark::open(log::real_files(), arguments.data));
  STEELYARD_PASS(publish_folder(*node, std::move(files), hash, folder));
  STEELYARD_PASS(take_zone_rules(*node, *log));
  server::KeyStore keys(std::move(pepper));
  services.node = node.get();
  services.keys = &keys;
  services.charges = &charges;
  services.sealed = &sealed;
  services.checkpoints = checkpoints.get();
  services.scratch_folder = arguments.data + "/exports";
  services.needs_four_eyes = arguments.needs_four_eyes;
  STEELYARD_PASS(services.load());

  server::ServerOptions server_options;
  server_options.address = arguments.address;
  server_options.port = arguments.port;
  server_options.is_insecure = arguments.is_insecure;
  // On one core a second one would only be switched to and fro.
  server_options.io_threads = std::min(server_options.io_threads, cores());
  if (!arguments.certificate.empty() || !arguments.key.empty()) {
    server_options.tls = {arguments.certificate, arguments.key};
  }
  const auto idempotency = server::idempotency_in_memory();
  server::Metrics metrics;
  metrics.gauge("steelyard_charge_rows_waiting",
                "Events that are answered, and whose charge rows can not be asked for yet", {},
                [&feed] { return static_cast<std::int64_t>(feed.waiting_facts()); });
  metrics.gauges(
      "steelyard_source_clock_ahead_seconds",
      "By how much the clocks of sources are ahead, at most in the last minutes; without "
      "labels: of those that are too many to be counted apart.",
      [&node, &services] {
        std::vector<server::Metrics::Reading> all;
        for (const auto& each : node->sources_ahead()) {
          server::Metrics::Labels labels;
          if (each.tenant != 0) {
            labels = {{"tenant", services.tenant_name(each.tenant)}, {"source", each.source}};
          }
          all.push_back({std::move(labels), each.micros / 1'000'000});
        }
        return all;
      });
  metrics.gauge("steelyard_clock_is_suspect", "1 while the clock has jumped and is not believed.",
                {}, [&node]() -> std::int64_t { return node->clock().is_suspect() ? 1 : 0; });
  if (checkpoints != nullptr) add_checkpoint_metrics(*checkpoints, metrics);
  if (!arguments.mirror.empty()) add_mirror_metrics(metrics);
  server::ServerParts parts;
  parts.keys = &keys;
  parts.idempotency = idempotency.get();
  parts.metrics = &metrics;
  parts.log = log.get();
  parts.admission = [&node](const server::Route& route) -> std::optional<server::Problem> {
    // Health is of the lane of holds too: it is always answered.
    const bool writes = route.method != server::Method::get &&
                        (route.lane == server::Lane::ingest || route.lane == server::Lane::hold);
    if (!writes) return std::nullopt;
    if (node->log().disk_is_full()) return server::Problem("disk_full");
    if (route.lane == server::Lane::ingest && node->log().is_behind()) {
      return server::Problem("overloaded", "the disk is behind");
    }
    return std::nullopt;
  };
  parts.is_behind = [&feed, &feeding] {
    return feed.waiting_facts() > feeding.queued_facts_max / 2;
  };
  STEELYARD_TRY(http, server::HttpServer::start(std::move(server_options),
                                                api::make_routes(services), std::move(parts)));
  if (checkpoints != nullptr) {
    begin_checkpoints(*checkpoints, *node, arguments.checkpoints, session);
  }
  STEELYARD_PASS(greet(services, http->url(), session));
  {
    const Ticker ticker(*node, arguments.data, chain);
    wait_for_signal(signals);
    http->stop();
  }
  if (checkpoints != nullptr) checkpoints->end();
  // What could not be kept was told, and is replayed.
  if (feed.flush().has_value()) (void)node->keep();
  STEELYARD_PASS(chain.write(node->log().head()));
  return chain.sync();
}

}  // namespace

void add_serve(CLI::App& app, Session& session) {
  CLI::App* const command =
      app.add_subcommand("serve", "Take usage over HTTP, keep balances, answer gateways");
  const auto arguments = std::make_shared<Arguments>();
  command
      ->add_option("--data", arguments->data,
                   "The folder that everything is kept in; made if it is not there")
      ->required()
      ->type_name("DIR");
  add_price_book_option(*command, arguments->price_book);
  command
      ->add_option("--address", arguments->address,
                   "Where to listen. Other than loopback only with TLS or --insecure")
      ->capture_default_str();
  command->add_option("--port", arguments->port, "0 takes any free port")->capture_default_str();
  command->add_option("--certificate", arguments->certificate, "PEM, the whole chain: turns TLS on")
      ->type_name("FILE");
  command->add_option("--key", arguments->key, "PEM, the certificate's private key")
      ->type_name("FILE");
  command
      ->add_option("--segment-mib", arguments->segment_mib,
                   "The size of a file of the log, in MiB; those that are there keep theirs")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  command->add_flag("--insecure", arguments->is_insecure,
                    "Plain HTTP on an address that other machines reach");
  command
      ->add_option("--keep-every", arguments->keep_every,
                   "Write state after so many records of the log: a start replays at most a few "
                   "times as many")
      ->type_name("RECORDS")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->add_flag("--accept-clock", arguments->accepts_clock,
                    "Start although the log's last record is later than the clock: times go on "
                    "from there");
  command->add_flag("--four-eyes", arguments->needs_four_eyes,
                    "What gives or takes money is only proposed, until another person's key "
                    "approves it");
  add_mirror_option(*command, arguments->mirror);
  add_checkpoint_options(*command, arguments->checkpoints);
  command->add_flag("--quiet", arguments->is_quiet, "Only warnings and errors in the log");
  set_examples(*command,
               "  A server on an empty folder; the first key is printed once:\n"
               "    steelyard serve --data ./data\n"
               "  Reached by other machines, encrypted:\n"
               "    steelyard serve --data ./data --address 0.0.0.0 --certificate chain.pem --key "
               "key.pem\n"
               "  On two disks:\n"
               "    steelyard serve --data ./data --mirror /mnt/second/steelyard\n"
               "  With signed checkpoints on a disk of somebody else:\n"
               "    steelyard serve --data ./data --checkpoints /mnt/witness");
  command->callback([arguments, &session] {
    if (auto served = serve(*arguments, session); !served.has_value()) {
      session.fail(served.error());
    }
  });
}

}  // namespace steelyard::cli
