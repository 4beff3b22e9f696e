#include <unistd.h>

#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

#include "steelyard/charges/charge_query.h"
#include "steelyard/cli/api_client.h"
#include "steelyard/cli/command.h"
#include "steelyard/report/answer_table.h"

namespace steelyard::cli {

void add_invoice(CLI::App& app, Session& session);

namespace {

using charges::ColumnKind;
using charges::Table;
using Json = nlohmann::json;

struct Arguments {
  std::string period;
  ServerAddress server;
  std::string output = "table";
};

/// What became of the accounts, page by page.
struct Run {
  std::uint64_t accounts = 0;
  std::uint64_t frozen_before = 0;
  Json frozen = Json::array();
  Json parked = Json::array();
};

Result<void> take_page(const std::string& body, Run& run, std::string& cursor) {
  const Json page = Json::parse(body, nullptr, false);
  if (!page.is_object() || !page.contains("frozen") || !page.contains("next")) {
    return failure(ErrorCode::server_is_unreachable,
                   "this is no steelyard server: " + body.substr(0, 200));
  }
  run.accounts += page.value("accounts", 0U);
  run.frozen_before += page["frozen_before"].size();
  for (const Json& each : page["frozen"]) run.frozen.push_back(each);
  for (const Json& each : page["parked"]) run.parked.push_back(each);
  cursor = page["next"].is_string() ? page["next"].get<std::string>() : std::string();
  return {};
}

Result<Run> freeze_all(const Arguments& arguments) {
  Run run;
  std::string cursor;
  do {
    std::string path = "/v1/invoice-runs?limit=100&period=" + arguments.period;
    if (!cursor.empty()) path += "&cursor=" + cursor;
    auto body = post_json(arguments.server, path, "", ErrorCode::usage_of_command);
    if (!body.has_value()) {
      if (run.accounts > 0) {
        body.error().detail +=
            "; " + std::to_string(run.accounts) + " accounts are done: the same command goes on";
      }
      return std::unexpected(std::move(body).error());
    }
    STEELYARD_PASS(take_page(*body, run, cursor));
    if (!cursor.empty() && isatty(STDERR_FILENO) != 0) {
      std::fprintf(stderr, "\r%llu accounts …", static_cast<unsigned long long>(run.accounts));
    }
  } while (!cursor.empty());
  if (isatty(STDERR_FILENO) != 0) std::fprintf(stderr, "\r\033[K");
  return run;
}

std::string text_of(const Run& run, const std::string& period) {
  Table table;
  for (const char* const name : {"account", "document", "period"}) {
    table.columns.push_back({name, "VARCHAR", ColumnKind::text});
  }
  for (const char* const name : {"net", "tax", "total"}) {
    table.columns.push_back({name, "DECIMAL", ColumnKind::number});
  }
  for (const Json& each : run.frozen) {
    auto& cells = table.rows.emplace_back();
    for (const char* const name : {"account", "number", "period", "net", "tax", "total"}) {
      cells.emplace_back(each.value(name, ""));
    }
  }
  std::string text = table.rows.empty() ? std::string() : report::to_text(table);
  for (const Json& each : run.parked) {
    text += "parked: " + each.value("account", "") + ": " + each.value("code", "") +
            (each.contains("detail") ? ", " + each.value("detail", "") : "") + '\n';
  }
  return text + period + ": " + std::to_string(run.accounts) + " accounts, " +
         std::to_string(run.frozen.size()) + " documents frozen, " +
         std::to_string(run.frozen_before) + " before, " + std::to_string(run.parked.size()) +
         " parked\n";
}

std::string json_of(const Run& run, const std::string& period) {
  return Json{{"period", period},
              {"accounts", run.accounts},
              {"frozen", run.frozen},
              {"frozen_before", run.frozen_before},
              {"parked", run.parked}}
             .dump() +
         '\n';
}

std::string counted(std::uint64_t count, const std::string& what) {
  return std::to_string(count) + ' ' + what + (count == 1 ? " is " : "s are ");
}

std::string text_of_closing(const std::string& body, const std::string& period) {
  const Json closing = Json::parse(body, nullptr, false);
  const auto unrated = closing.value("unrated", std::uint64_t{0});
  return period + ": cloud usage that ended by " + closing.value("closed_before", "") +
         " is final; " + counted(closing.value("open_windows", std::uint64_t{0}), "window") +
         "open\n" +
         (unrated == 0 ? "" : counted(unrated, "event") + "not charged: GET /v1/unrated\n");
}

void close_period(const Arguments& arguments, Session& session) {
  const auto body =
      post_json(arguments.server, "/v1/usage-closings", Json{{"period", arguments.period}}.dump(),
                ErrorCode::usage_of_command);
  if (!body.has_value()) return session.fail(body.error());
  session.write(arguments.output == "json" ? *body + '\n'
                                           : text_of_closing(*body, arguments.period));
}

void run_period(const Arguments& arguments, Session& session) {
  const auto run = freeze_all(arguments);
  if (!run.has_value()) return session.fail(run.error());
  session.write(arguments.output == "json" ? json_of(*run, arguments.period)
                                           : text_of(*run, arguments.period));
  if (!run->parked.empty()) session.status = ExitStatus::some_set_aside;
}

/// A command about a month at a server.
std::shared_ptr<Arguments> add_arguments(CLI::App& command, const char* period,
                                         const char* what_json_is) {
  auto arguments = std::make_shared<Arguments>();
  command
      .add_option("period", arguments->period,
                  std::string(period) + ", in the time zone of the price book")
      ->required()
      ->type_name("PERIOD");
  command.add_option("--server", arguments->server.url, "The key needs the scope freeze_invoices")
      ->required()
      ->type_name("URL");
  command.add_option("--key", arguments->server.key, "An API key; default: $STEELYARD_KEY")
      ->type_name("KEY");
  command
      .add_option("--output", arguments->output,
                  std::string("table: for people; json: ") + what_json_is)
      ->check(CLI::IsMember({"table", "json"}))
      ->capture_default_str();
  return arguments;
}

void add_run(CLI::App& app, Session& session) {
  CLI::App* const command =
      app.add_subcommand("run", "Close a month of all accounts with invoices");
  const auto arguments =
      add_arguments(*command, "The month, 2026-10", "what was frozen and what was not");
  set_examples(*command,
               "  October is over: an invoice for everybody who used something.\n"
               "    steelyard invoice run 2026-10 --server http://127.0.0.1:8080\n"
               "  It was interrupted? The same again: what is frozen stays as it is, and no number "
               "is left out.\n"
               "Exit status: 0 all are done; 1 some accounts are parked, and why is said; 2 it "
               "could not run.");
  command->callback([arguments, &session] { run_period(*arguments, session); });
}

void add_close(CLI::App& app, Session& session) {
  CLI::App* const command = app.add_subcommand(
      "close", "Make a month's cloud usage final: what comes later is set aside");
  const auto arguments = add_arguments(*command, "The month, 2026-10, or a day, 2026-10-31",
                                       "the answer of the server");
  set_examples(*command,
               "  October is invoiced, and what was late has come: the server may forget its "
               "windows.\n"
               "    steelyard invoice close 2026-10 --server http://127.0.0.1:8080\n"
               "  Each night, what is older than forty days: less to forget at once.\n"
               "    steelyard invoice close $(date -d '40 days ago' +%F) --server "
               "http://127.0.0.1:8080\n"
               "  There is no way back. Model calls are not closed: they are charged whenever they "
               "come.");
  command->callback([arguments, &session] { close_period(*arguments, session); });
}

}  // namespace

void add_invoice(CLI::App& app, Session& session) {
  CLI::App* const command = app.add_subcommand("invoice", "Close months with invoices");
  command->require_subcommand(1);
  add_run(*command, session);
  add_close(*command, session);
  set_examples(*command,
               "  October is over: an invoice for everybody who used something.\n"
               "    steelyard invoice run 2026-10 --server http://127.0.0.1:8080");
}

}  // namespace steelyard::cli
