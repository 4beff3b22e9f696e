#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

// tests/CMakeLists.txt defines both; without them the header compiles alone, and no test passes.
#ifndef STEELYARD_ROOT
#define STEELYARD_ROOT "/nowhere"
#define STEELYARD_BINARY "/nowhere/steelyard"
#endif

/// The program itself, run as a person runs it from the checkout. For tests only.
namespace steelyard::cli {

/// A folder that is gone after the test.
class TestFolder {
 public:
  TestFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "steelyard-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~TestFolder() { std::filesystem::remove_all(path_); }
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;

  /// Writes a file and gives its path.
  std::string write(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories((path_ / name).parent_path());
    std::ofstream(path_ / name, std::ios::binary) << text;
    return (path_ / name).string();
  }
  std::string path(const std::string& name = {}) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

inline std::string text_of_file(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return std::move(text).str();
}

struct Ran {
  int status = -1;
  std::string out;
  std::string error;
};

/// Runs a line of bash in the checkout, with `steelyard` on the PATH.
inline Ran run_shell(const std::string& line, const std::string& input = {}) {
  const TestFolder folder;
  const std::string script = folder.write(
      "script", "cd '" STEELYARD_ROOT
                "'\nunset STEELYARD_PRICEBOOK\nPATH=\"$(dirname '" STEELYARD_BINARY "'):$PATH\"\n" +
                    line + '\n');
  const std::string command = "bash '" + script + "' <'" + folder.write("input", input) + "' 2>'" +
                              folder.path("error") + '\'';
  Ran ran;
  std::FILE* const pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) return ran;
  char buffer[4096];
  for (std::size_t count; (count = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;) {
    ran.out.append(buffer, count);
  }
  const int result = ::pclose(pipe);
  ran.status = WIFEXITED(result) ? WEXITSTATUS(result) : -1;
  ran.error = text_of_file(folder.path("error"));
  return ran;
}

/// Runs `steelyard ARGUMENTS`.
inline Ran run_program(const std::string& arguments, const std::string& input = {}) {
  return run_shell("steelyard " + arguments, input);
}

/// An ai.model.call of account acme with these fields of `data`.
inline std::string call(const std::string& id, const std::string& data) {
  return R"({"specversion":"1.0","id":")" + id +
         R"(","source":"gateway","type":"ai.model.call","subject":"acme",)"
         R"("time":"2026-11-22T08:00:03Z","data":{)" +
         data + "}}\n";
}

/// The same with the usage of our own form.
inline std::string tokens_call(const std::string& id, const std::string& model,
                               const std::string& usage, const std::string& more = {}) {
  return call(id,
              R"("model":")" + model + R"(","protocol":"tokens","usage":{)" + usage + '}' + more);
}

}  // namespace steelyard::cli
