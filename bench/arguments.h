#pragma once

#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <string>
#include <string_view>

namespace bench {

/// What a benchmark was asked for: numbers, each with what it is if nobody says one. It is made
/// before anything else: `--help` prints `usage` and ends the program with 0, too many words end it
/// with 2.
class Arguments {
 public:
  /// `usage`: "NAME [FACTS]: what is measured\n", and more lines. `most`: words behind the name.
  Arguments(int count, char** words, std::string_view usage, int most)
      : count_(count), words_(words), usage_(usage) {
    for (int i = 1; i < count_; ++i) {
      const std::string_view word = words_[i];
      if (word == "--help" || word == "-h") {
        std::fwrite(usage_.data(), 1, usage_.size(), stdout);
        std::exit(0);
      }
    }
    if (count_ > most + 1) refuse(words_[most + 1], "is one word too many");
  }

  /// The word of a place, from 1. Ends the program with 2 where it is no number of these.
  template <class Number = int>
  Number number(int place, Number otherwise, Number least = 1,
                Number most = std::numeric_limits<Number>::max()) const {
    if (place >= count_) return otherwise;
    const std::string_view word = words_[place];
    Number value = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
    if (error != std::errc() || end != word.data() + word.size())
      refuse(word, "is no whole number");
    if (value < least) refuse(word, "is less than " + std::to_string(least));
    if (value > most) refuse(word, "is more than " + std::to_string(most));
    return value;
  }

  std::string text(int place, std::string otherwise) const {
    return place < count_ ? std::string(words_[place]) : otherwise;
  }

 private:
  [[noreturn]] void refuse(std::string_view word, const std::string& why) const {
    std::fprintf(stderr, "'%.*s' %s\n\n%.*s", static_cast<int>(word.size()), word.data(),
                 why.c_str(), static_cast<int>(usage_.size()), usage_.data());
    std::exit(2);
  }

  int count_;
  char** words_;
  std::string_view usage_;
};

}  // namespace bench
