// Any lines of cloud events are rated, unrated or rejected, with words; the lines of a charge sum
// to it; and what comes again is a duplicate that changes nothing.
#include <cstdint>
#include <memory>
#include <string>

#include "steelyard/base/check.h"
#include "steelyard/batch/chunk_rater.h"
#include "steelyard/identity/identity_set.h"
#include "steelyard/pricebook/reader.h"

namespace {

using steelyard::batch::ChunkRater;
using steelyard::batch::CloudRun;
using steelyard::batch::Status;

const steelyard::rating::Rater& rater() {
  static const steelyard::rating::Rater the_rater = [] {
    auto book = steelyard::pricebook::load(STEELYARD_ROOT "/pricebooks/aliyun-ai-paas");
    STEELYARD_CHECK(book.has_value());
    return steelyard::rating::Rater(
        std::make_shared<const steelyard::pricebook::PriceBookSeries>(*std::move(book)));
  }();
  return the_rater;
}

void check(ChunkRater& chunk_rater) {
  for (const auto& record : chunk_rater.records()) {
    STEELYARD_CHECK((record.status == Status::rated || record.status == Status::duplicate) ==
                    record.detail.empty());
    if (record.status != Status::rated) continue;
    steelyard::money::Decimal sum;
    for (const auto& line : record.charge.used_lines()) sum += line.amount;
    for (const auto& line : record.cloud.lines) sum += line.amount;
    STEELYARD_CHECK(sum == record.charge.amount);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  steelyard::identity::IdentitySet identities;
  ChunkRater chunk_rater(rater());
  std::string lines(reinterpret_cast<const char*>(data), size);
  lines += '\n';
  const std::size_t lines_size = lines.size();
  lines.append(64, '\0');
  CloudRun cloud(rater());
  chunk_rater.rate(std::string_view(lines).substr(0, lines_size));
  chunk_rater.decide_identities(identities, cloud);
  check(chunk_rater);

  chunk_rater.rate(std::string_view(lines).substr(0, lines_size));
  chunk_rater.decide_identities(identities, cloud);
  for (const auto& record : chunk_rater.records()) {
    // One that was rejected for a quantity beyond 128 bits is told again.
    STEELYARD_CHECK(record.status != Status::rated && record.status != Status::unrated);
  }
  return 0;
}
