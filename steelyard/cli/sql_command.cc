#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

#include "steelyard/charges/charge_store.h"
#include "steelyard/cli/api_client.h"
#include "steelyard/cli/command.h"
#include "steelyard/report/answer_table.h"

namespace steelyard::cli {

void add_sql(CLI::App& app, Session& session);

namespace {

using charges::ColumnKind;
using charges::Table;
using Json = nlohmann::json;

/// Of a question to a file, which nobody else waits behind.
constexpr charges::SqlLimits file_limits = {.rows_max = 1'000'000, .milliseconds_max = 3'600'000};

struct Arguments {
  std::string question;
  std::string data;
  ServerAddress server;
  std::string output = "table";
};

Result<Table> ask_folder(const Arguments& arguments) {
  auto answer =
      charges::ask_file(arguments.data + "/charges.duckdb", arguments.question, file_limits);
  if (answer.has_value() || answer.error().code != ErrorCode::store_is_locked) return answer;
  return failure(ErrorCode::store_is_locked,
                 "a server has " + arguments.data +
                     ": ask the server: steelyard sql --server http://127.0.0.1:8080 \"…\"");
}

ColumnKind kind_of(const std::string& type) {
  for (const char* const number : {"DECIMAL", "INT", "FLOAT", "DOUBLE"}) {
    if (type.find(number) != std::string::npos) return ColumnKind::number;
  }
  return ColumnKind::text;
}

std::unexpected<Error> no_steelyard(const std::string& body) {
  return failure(ErrorCode::server_is_unreachable,
                 "this is no steelyard server: " + body.substr(0, 200));
}

Result<Table> table_of(const std::string& body) {
  const Json json = Json::parse(body, nullptr, false);
  const bool is_answer = json.is_object() && json.contains("columns") && json.contains("rows");
  if (!is_answer) return no_steelyard(body);
  Table table;
  for (const Json& column : json["columns"]) {
    const std::string type = column.value("type", "");
    table.columns.push_back({column.value("name", ""), type, kind_of(type)});
  }
  for (const Json& row : json["rows"]) {
    auto& cells = table.rows.emplace_back();
    for (const Json& cell : row) {
      cells.push_back(cell.is_string() ? std::optional(cell.get<std::string>()) : std::nullopt);
    }
    if (cells.size() != table.columns.size()) return no_steelyard(body);
  }
  table.is_cut_off = json.value("cut_off", false);
  return table;
}

Result<Table> ask_server(const Arguments& arguments) {
  const Json question = {{"sql", arguments.question}};
  STEELYARD_TRY(body, post_json(arguments.server, "/v1/sql",
                                question.dump(-1, ' ', false, Json::error_handler_t::replace),
                                ErrorCode::query_is_refused));
  return table_of(body);
}

void answer(const Arguments& arguments, Session& session) {
  if (arguments.data.empty() == arguments.server.url.empty()) {
    return session.fail({ErrorCode::usage_of_command,
                         "whose charges? --data DIR of a server that does not run, or --server URL "
                         "of one that does"});
  }
  const auto table = arguments.data.empty() ? ask_server(arguments) : ask_folder(arguments);
  if (!table.has_value()) return session.fail(table.error());
  if (arguments.output == "json") {
    session.write(report::to_json(*table) + '\n');
  } else {
    session.write(arguments.output == "csv" ? report::to_csv(*table) : report::to_text(*table));
  }
  if (!table->is_cut_off) return;
  std::fprintf(stderr, "steelyard: there are more than these %zu rows\n", table->rows.size());
  session.status = ExitStatus::some_set_aside;
}

}  // namespace

void add_sql(CLI::App& app, Session& session) {
  CLI::App* const command = app.add_subcommand("sql", "Ask the charges of a server in SQL");
  const auto arguments = std::make_shared<Arguments>();
  command
      ->add_option("question", arguments->question,
                   "One SELECT of DuckDB's SQL over charges (a row a line), facts (a row an "
                   "event) and hours (charges added up)")
      ->required()
      ->type_name("SQL");
  command->add_option("--data", arguments->data, "The folder of a server that does not run")
      ->type_name("DIR");
  command
      ->add_option("--server", arguments->server.url,
                   "A server that runs; the key needs the scope query_sql")
      ->type_name("URL");
  command->add_option("--key", arguments->server.key, "An API key; default: $STEELYARD_KEY")
      ->type_name("KEY");
  command
      ->add_option("--output", arguments->output,
                   "table: for people; json: columns and rows, each value a text; csv: for a "
                   "spreadsheet")
      ->check(CLI::IsMember({"table", "json", "csv"}))
      ->capture_default_str();
  set_examples(
      *command,
      "  What did each account spend? Of a server on this machine; the key is in STEELYARD_KEY:\n"
      "    steelyard sql --server http://127.0.0.1:8080 \"SELECT account, sum(amount) AS amount "
      "FROM charges GROUP BY account ORDER BY amount DESC\"\n"
      "  What columns are there? Of a folder that no server has:\n"
      "    steelyard sql --data ./data \"DESCRIBE charges\"\n"
      "  What waits for a price, as a file:\n"
      "    steelyard sql --data ./data --output csv \"SELECT reason, model, count(*) AS events "
      "FROM facts WHERE status = 'unrated' GROUP BY ALL\" > waiting.csv\n"
      "Exit status: 0 answered; 1 there were more rows than are shown; 2 it could not be "
      "answered.");
  command->callback([arguments, &session] { answer(*arguments, session); });
}

}  // namespace steelyard::cli
