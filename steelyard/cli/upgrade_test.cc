#include <fcntl.h>
#include <gtest/gtest.h>
#include <rocksdb/db.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <random>
#include <string>
#include <thread>

#include "steelyard/cli/program_for_tests.h"
#include "steelyard/client/http_client.h"
#include "steelyard/state/database.h"

namespace steelyard::cli {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

constexpr int requests = 20;
constexpr int events_of_a_request = 1'000;
constexpr const char* price_book = STEELYARD_ROOT "/pricebooks/aliyun-ai-paas";

milliseconds now() {
  return std::chrono::duration_cast<milliseconds>(
      std::chrono::steady_clock::now().time_since_epoch());
}

/// A server on data that stay: as a process, that can be killed.
class ServerProcess {
 public:
  explicit ServerProcess(const TestFolder& folder) : folder_(folder) {}
  ~ServerProcess() { kill(); }
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  std::string data() const { return folder_.path("data"); }

  void begin() {
    fs::remove(folder_.path("out"));
    process_ = fork();
    ASSERT_GE(process_, 0);
    if (process_ > 0) return;
    const auto to_file = [this](const char* name, int as) {
      const int file = open(folder_.path(name).c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
      dup2(file, as);
    };
    to_file("out", STDOUT_FILENO);
    to_file("error", STDERR_FILENO);
    // State is written often: kills come between.
    execl(STEELYARD_BINARY, "steelyard", "serve", "--data", data().c_str(), "--port", "0",
          "--quiet", "--keep-every", "500", "--pricebook", price_book, nullptr);
    _exit(127);
  }

  bool is_listening() const { return out().find("Listening on ") != std::string::npos; }

  void begin_and_wait() {
    begin();
    for (const auto until = now() + milliseconds(60'000); !is_listening();) {
      ASSERT_EQ(waitpid(process_, nullptr, WNOHANG), 0) << error();
      ASSERT_LT(now(), until);
      std::this_thread::sleep_for(milliseconds(2));
    }
    const std::string text = out();
    const std::size_t key = text.find("steelyard_live");
    if (key != std::string::npos) key_ = text.substr(key, text.find('\n', key) - key);
    const std::size_t url = text.find("http://");
    url_ = text.substr(url, text.find(' ', url) - url);
  }

  void kill() {
    if (process_ <= 0) return;
    ::kill(process_, SIGKILL);
    waitpid(process_, nullptr, 0);
    process_ = 0;
  }

  void stop() {
    ::kill(process_, SIGTERM);
    int status = 0;
    waitpid(process_, &status, 0);
    process_ = 0;
    ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << error();
  }

  void send(int request) {
    std::string lines;
    for (int i = 0; i < events_of_a_request; ++i) {
      lines += tokens_call("e-" + std::to_string(request * events_of_a_request + i), "qwen-plus",
                           R"("input":1000)");
    }
    client::HttpClient client(*client::parse_url(url_));
    const auto answer = client.post(
        "/v1/events",
        {{"Authorization", "Bearer " + key_}, {"Content-Type", "application/x-ndjson"}}, lines);
    ASSERT_TRUE(answer.has_value() && answer->status == 200);
  }

  std::string ask(const std::string& path) const {
    return run_shell("curl -sS '" + url_ + path + "' -H 'Authorization: Bearer " + key_ + "'").out;
  }

  std::string out() const { return text_of_file(folder_.path("out")); }
  std::string error() const { return text_of_file(folder_.path("error")); }

 private:
  const TestFolder& folder_;
  pid_t process_ = 0;
  std::string url_;
  std::string key_;
};

/// As a program of that layout would have left it.
void set_layout(const fs::path& state, const std::string& version) {
  auto database = state::open_database(state);
  ASSERT_TRUE(database.has_value()) << database.error().detail;
  rocksdb::WriteOptions options;
  options.disableWAL = true;
  ASSERT_TRUE((*database)->Put(options, rocksdb::Slice(state::layout_key), version).ok());
  ASSERT_TRUE((*database)->Flush({}).ok());
}

std::size_t set_aside(const std::string& data) {
  return static_cast<std::size_t>(
      std::ranges::count_if(fs::directory_iterator(data), [](const fs::directory_entry& entry) {
        return entry.path().filename().string().starts_with("state.set-aside-");
      }));
}

void expect_all_is_there_once(const ServerProcess& server) {
  const std::string count = std::to_string(requests * events_of_a_request);
  const std::string sums = server.ask("/v1/reconciliation");
  EXPECT_NE(sums.find(R"("balanced":true)"), std::string::npos) << sums;
  EXPECT_NE(sums.find("\"rated\":" + count + ",\"duplicate\":0"), std::string::npos) << sums;
  const std::string bill = server.ask("/v1/accounts/acme/bill?month=2026-11");
  EXPECT_NE(bill.find(R"("total":"16")"), std::string::npos) << bill;  // 20,000 × 0.0008 CNY.
}

TEST(Upgrade, A13_killed_while_state_of_another_layout_is_made_again) {
  const TestFolder folder;
  ServerProcess server(folder);
  server.begin_and_wait();
  for (int request = 0; request < requests; ++request) server.send(request);
  expect_all_is_there_once(server);
  const fs::path state = server.data() + "/state";
  std::mt19937 chance(20261126);  // NOLINT: the same pauses each time.
  int kills_between = 0;
  std::size_t rounds = 0;
  const std::string later = std::to_string(std::stoi(std::string(state::layout_version)) + 1);
  for (const std::string& layout : {std::string("1"), std::string("2"), later, std::string("2")}) {
    server.stop();
    set_layout(state, layout);
    for (int kill = 0; rounds > 0 && kill < 4; ++kill) {
      server.begin();
      // It is killed while it starts: half of the time behind the moment when state is set aside.
      const bool is_late = kill % 2 == 1 || set_aside(server.data()) > rounds;
      for (int i = 0; is_late && i < 5'000 && set_aside(server.data()) == rounds; ++i) {
        std::this_thread::sleep_for(milliseconds(1));
      }
      std::this_thread::sleep_for(std::chrono::microseconds(chance() % 60'000));
      if (set_aside(server.data()) > rounds && !server.is_listening()) ++kills_between;
      server.kill();
    }
    ++rounds;
    server.begin_and_wait();
    EXPECT_EQ(set_aside(server.data()), rounds) << "set aside once, and not trusted again";
    // A kill may come between that and the words for it: the first round has none.
    if (rounds == 1) {
      EXPECT_NE(server.error().find("its layout is version " + layout), std::string::npos);
    }
    expect_all_is_there_once(server);
  }
  EXPECT_GE(kills_between, 4) << "no kill came while state was made again";
  server.send(0);  // All of them are known.
  const std::string sums = server.ask("/v1/reconciliation");
  EXPECT_NE(sums.find(R"("duplicate":1000)"), std::string::npos) << sums;
  server.stop();
  const Ran ran = run_program("verify --replay --data '" + server.data() + "' --pricebook '" +
                              price_book + "'");
  EXPECT_EQ(ran.status, 0) << ran.error;
  EXPECT_NE(ran.out.find("is the same, byte for byte"), std::string::npos) << ran.out;
}

}  // namespace
}  // namespace steelyard::cli
