#include "steelyard/server/started_requests.h"

#include <utility>

#include "steelyard/base/check.h"
#include "steelyard/server/answer.h"

namespace steelyard::server {

void StartedRequests::add(std::shared_ptr<Exchange> exchange, std::uint64_t bytes_in) {
  requests_.push_back({std::move(exchange), bytes_in});
}

void StartedRequests::leave() const {
  for (const Started& each : requests_) each.exchange->leave();
}

void StartedRequests::answer_instead(std::string_view problem) const {
  for (const Started& each : requests_) each.exchange->answer_instead(Problem(problem));
}

StartedRequests::Answers StartedRequests::take_answers(Application& application, bool goes_on) {
  constexpr std::size_t bytes_max = std::size_t{256} * 1024;  // And one answer.
  Answers answers;
  while (!requests_.empty() && answers.text.size() < bytes_max && first().is_complete()) {
    Started each = std::move(requests_.front());
    requests_.pop_front();
    Response response = each.exchange->take_response();
    render(response, each.exchange->request().id);
    STEELYARD_CHECK(response.file == nullptr);  // Those of holds are short.
    answers.keep_alive = !requests_.empty() || goes_on;
    const std::size_t before = answers.text.size();
    answers.text += application.answer_head(*each.exchange, response, answers.keep_alive);
    if (application.has_content(*each.exchange, response)) answers.text += response.body;
    answers.answered.push_back(
        {std::move(each), std::move(response), answers.text.size() - before});
  }
  return answers;
}

void StartedRequests::Answers::finish(Application& application) const {
  for (const Answered& each : answered) {
    application.finish(*each.started.exchange, each.response, each.started.bytes_in,
                       each.bytes_out);
  }
}

}  // namespace steelyard::server
