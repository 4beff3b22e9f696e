// Any line is rated, unrated or rejected, with words; the lines of a charge explain it.
#include <cstdint>
#include <memory>
#include <string>

#include "steelyard/base/check.h"
#include "steelyard/batch/chunk_rater.h"
#include "steelyard/identity/identity_set.h"
#include "steelyard/pricebook/reader.h"

namespace {

using steelyard::batch::Status;

const steelyard::rating::Rater& rater() {
  static const steelyard::rating::Rater the_rater = [] {
    steelyard::pricebook::Sources sources;
    sources.book_yaml = "name: fuzz\ncurrency: CNY\n";
    sources.models_csv =
        "model,tier,type,price_per_1k_tokens\nm,0k-1k,input,0.1\nm,0k-1k,output,0.2\n"
        "m,1k-2k,input,0.3\nm,1k-2k,output,0.4\nt,-,input_thinking,1\nt,-,output_thinking,0.0001\n"
        "u,-,input,0.000000000001\nu,-,output,100000000\n";
    auto reading = steelyard::pricebook::read_and_lint(sources);
    STEELYARD_CHECK(reading.is_usable());
    auto series = steelyard::pricebook::make_series({std::move(reading.book)});
    return steelyard::rating::Rater(
        std::make_shared<const steelyard::pricebook::PriceBookSeries>(*std::move(series)));
  }();
  return the_rater;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  steelyard::identity::IdentitySet identities;
  steelyard::batch::ChunkRater chunk_rater(rater());
  std::string lines(reinterpret_cast<const char*>(data), size);
  lines += '\n';
  const std::size_t lines_size = lines.size();
  lines.append(64, '\0');
  chunk_rater.rate(std::string_view(lines).substr(0, lines_size));
  steelyard::batch::CloudRun cloud(rater());
  chunk_rater.decide_identities(identities, cloud);
  for (const auto& record : chunk_rater.records()) {
    STEELYARD_CHECK((record.status == Status::rated || record.status == Status::duplicate) ==
                    record.detail.empty());
    steelyard::money::Decimal sum;
    for (const auto& line : record.charge.used_lines()) sum += line.amount;
    for (const auto& line : record.cloud.lines) sum += line.amount;
    if (record.status == Status::rated) STEELYARD_CHECK(sum == record.charge.amount);
  }
  return 0;
}
