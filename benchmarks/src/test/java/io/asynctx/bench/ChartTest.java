package io.asynctx.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;

final class ChartTest {

  private static final Map<String, List<double[]>> SERIES =
      Map.of("a < b & c", List.of(new double[] {64, 50}, new double[] {4096, 2_000_000}));

  @Test
  void chartIsXmlWithItsAxesTicksAndLines() throws Exception {
    final Chart chart =
        new Chart("file", "Title", "bytes", "one copy " + Chart.TIME, Chart.sizes(SERIES), SERIES);
    final Document svg =
        DocumentBuilderFactory.newInstance()
            .newDocumentBuilder()
            .parse(new ByteArrayInputStream(chart.svg().getBytes(StandardCharsets.UTF_8)));
    assertEquals(1, svg.getElementsByTagName("polyline").getLength());
    assertEquals(2, svg.getElementsByTagName("circle").getLength());
    final String text = svg.getDocumentElement().getTextContent();
    for (String word :
        List.of("Title", "bytes", "one copy", "a < b & c", "64", "4K", "10 ns", "10 us", "10 ms")) {
      assertTrue(text.contains(word), () -> "missing: word=" + word + ", in=" + text);
    }
  }

  @Test
  void firstPointIsAtTheLeftAndALargerValueIsHigher() {
    final String svg = new Chart("f", "t", "x", "y", Chart.sizes(SERIES), SERIES).svg();
    final String points = svg.split("points=\"")[1].split("\"")[0];
    final String[] pairs = points.split(" ");
    assertEquals(80, Double.parseDouble(pairs[0].split(",")[0]));
    assertTrue(
        Double.parseDouble(pairs[1].split(",")[1]) < Double.parseDouble(pairs[0].split(",")[1]));
  }
}
