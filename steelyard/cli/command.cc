#include "steelyard/cli/command.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "steelyard/cli/terminal.h"

namespace steelyard::cli {

void add_rate(CLI::App& app, Session& session);
void add_explain(CLI::App& app, Session& session);
void add_estimate(CLI::App& app, Session& session);
void add_products(CLI::App& app, Session& session);
void add_pricebook(CLI::App& app, Session& session);
void add_serve(CLI::App& app, Session& session);
void add_backup(CLI::App& app, Session& session);
void add_ingest(CLI::App& app, Session& session);
void add_sql(CLI::App& app, Session& session);
void add_invoice(CLI::App& app, Session& session);
void add_verify(CLI::App& app, Session& session);
void add_replay(CLI::App& app, Session& session);
void add_scenario(CLI::App& app, Session& session);
void add_completion(CLI::App& app, Session& session);
void add_man(CLI::App& app, Session& session);
void add_reference(CLI::App& app, Session& session);

std::span<const AddCommand> commands() {
  static constexpr std::array<AddCommand, 16> all = {
      add_rate,   add_explain,    add_estimate, add_products, add_pricebook, add_scenario,
      add_serve,  add_ingest,     add_invoice,  add_sql,      add_verify,    add_replay,
      add_backup, add_completion, add_man,      add_reference};
  return all;
}

void add_commands(CLI::App& app, Session& session) {
  for (const AddCommand add : commands()) add(app, session);
}

void Session::fail(const Error& error) {
  std::fprintf(stderr, "steelyard: %s\n", error.detail.c_str());
  status = ExitStatus::could_not_run;
}

void Session::write(std::string_view text) {
  if (is_output_lost || write_out(text)) return;
  is_output_lost = true;
  fail({ErrorCode::file_is_unreadable, std::string("standard output: ") + std::strerror(errno)});
}

void set_examples(CLI::App& command, const std::string& text) {
  command.footer("EXAMPLES\n" + text);
}

}  // namespace steelyard::cli
