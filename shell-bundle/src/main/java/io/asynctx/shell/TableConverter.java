package io.asynctx.shell;

import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.apache.felix.service.command.Converter;
import org.jspecify.annotations.Nullable;
import org.osgi.service.component.annotations.Component;

/** Prints DTOs, alone or in a collection, in the shell. */
@Component(
    property = {
      Converter.CONVERTER_CLASSES + "=io.asynctx.dmaengine.dto.ActionDTO",
      Converter.CONVERTER_CLASSES + "=io.asynctx.dmaengine.dto.ActionDTO$Channel",
      Converter.CONVERTER_CLASSES + "=io.asynctx.dmaengine.dto.AssignmentDTO",
      Converter.CONVERTER_CLASSES + "=io.asynctx.dmaengine.dto.BufferDTO",
      Converter.CONVERTER_CLASSES + "=io.asynctx.dmaengine.dto.ChannelDTO",
      Converter.CONVERTER_CLASSES + "=io.asynctx.dmaengine.dto.ClientDTO",
      Converter.CONVERTER_CLASSES + "=io.asynctx.dmaengine.dto.DeviceDTO",
      Converter.CONVERTER_CLASSES + "=io.asynctx.dmaengine.dto.EngineDTO",
      Converter.CONVERTER_CLASSES + "=io.asynctx.dmaengine.dto.ExplanationDTO",
      Converter.CONVERTER_CLASSES + "=io.asynctx.dmaengine.dto.ExplanationDTO$Verdict",
      Converter.CONVERTER_CLASSES + "=io.asynctx.dmaengine.dto.InvariantDTO",
      Converter.CONVERTER_CLASSES + "=io.asynctx.dmaengine.dto.LeaseDTO",
      Converter.CONVERTER_CLASSES + "=io.asynctx.dmaengine.dto.OperationDTO",
      Converter.CONVERTER_CLASSES + "=io.asynctx.dmaengine.dto.RemovalDTO"
    })
public final class TableConverter implements Converter {

  /** For Declarative Services. */
  public TableConverter() {}

  @Override
  public @Nullable Object convert(Class<?> desiredType, Object in) {
    return null; // a name on a command line stays a name
  }

  @Override
  public @Nullable CharSequence format(Object target, int level, Converter escape) {
    if (target instanceof Listing<?> listing) {
      return listing.table().rows(listing);
    }
    if (target instanceof Collection<?> many && !many.isEmpty()) {
      final Optional<Table<?>> table = Tables.of(many.iterator().next());
      return table
          .filter(t -> many.stream().allMatch(t.type()::isInstance))
          .map(t -> t.rows(List.copyOf(many)))
          .orElse(null);
    }
    return Tables.of(target)
        .map(t ->
            switch (level) {
              case Converter.INSPECT -> t.record(target);
              case Converter.LINE -> t.row(target);
              default -> t.name(target);
            })
        .orElse(null);
  }
}
