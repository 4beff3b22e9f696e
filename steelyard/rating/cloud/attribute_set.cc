#include "steelyard/rating/cloud/attribute_set.h"

#include "steelyard/base/hash.h"
#include "steelyard/rating/cloud/packing.h"

namespace steelyard::rating::cloud {

void AttributeSet::pack(std::uint16_t code, std::span<const std::string_view> texts) {
  std::size_t most = sizeof code;
  for (const std::string_view each : texts) most += Packer::short_bytes_max + each.size();
  packed.resize(most);
  Packer to(packed.data());
  to.put(code);
  for (const std::string_view each : texts) to.put_text(each);
  packed.resize(static_cast<std::size_t>(to.at() - packed.data()));
  hash = base::hash(packed);
}

}  // namespace steelyard::rating::cloud
