#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "steelyard/server/application.h"

namespace steelyard::server {

/// The requests of a connection that were carried out, or are about to be, and are not answered:
/// a client may send the next before it has the answer to the last. In their order, which is that
/// of their answers. For one thread.
class StartedRequests {
 public:
  bool empty() const { return requests_.empty(); }
  bool are_too_many() const { return requests_.size() >= requests_max; }

  void add(std::shared_ptr<Exchange> exchange, std::uint64_t bytes_in);
  /// Requires: there are some.
  Exchange& first() const { return *requests_.front().exchange; }

  /// None is waited for any more.
  void leave() const;
  /// Those without an answer get that one.
  void answer_instead(std::string_view problem) const;

 private:
  static constexpr std::size_t requests_max = 64;

  struct Started {
    std::shared_ptr<Exchange> exchange;
    std::uint64_t bytes_in = 0;
  };
  struct Answered {
    Started started;
    Response response;
    std::size_t bytes_out = 0;
  };

 public:
  /// What goes out together.
  struct Answers {
    std::string text;
    bool keep_alive = true;  ///< As its last answer says.
    std::vector<Answered> answered;

    /// They went out, or could not.
    void finish(Application& application) const;
  };

  /// Takes those whose turn it is and that have an answer: not much more than a quarter of a MiB.
  /// `goes_on`: the connection is kept behind the last of them.
  Answers take_answers(Application& application, bool goes_on);

 private:
  std::deque<Started> requests_;
};

}  // namespace steelyard::server
