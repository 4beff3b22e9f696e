#include "steelyard/cli/sent_events.h"

#include <nlohmann/json.hpp>

#include "steelyard/report/text_table.h"

namespace steelyard::cli {

Result<std::vector<SentEvents::SetAside>> SentEvents::add(const std::string& body) {
  const auto answer = nlohmann::json::parse(body, nullptr, false);
  if (!answer.is_object() || !answer.contains("received")) {
    return failure(ErrorCode::server_is_unreachable, "this is no steelyard server: " + body);
  }
  for (const char* const status :
       {"received", "rated", "duplicate", "conflict", "unrated", "rejected"}) {
    if (answer.contains(status)) counts_[status] += answer[status].get<std::uint64_t>();
  }
  std::vector<SetAside> set_aside;
  for (const auto& each : answer.value("set_aside", nlohmann::json::array())) {
    set_aside.push_back({each.value("event", std::uint64_t{0}),
                         each.value("status", "") + ": " + each.value("detail", "")});
  }
  return set_aside;
}

std::uint64_t SentEvents::of(const std::string& status) const {
  const auto found = counts_.find(status);
  return found == counts_.end() ? 0 : found->second;
}

std::string SentEvents::to_text() const {
  const auto grouped = [this](const char* status) {
    return report::grouped(std::to_string(of(status)));
  };
  return grouped("received") + " events: " + grouped("rated") + " rated, " + grouped("duplicate") +
         " sent before, " + grouped("conflict") + " in conflict, " + grouped("unrated") +
         " unrated, " + grouped("rejected") + " rejected";
}

}  // namespace steelyard::cli
