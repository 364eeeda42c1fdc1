package io.drover.converter.http;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.net.InetAddress;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AddressPolicyTest {
  @ParameterizedTest
  @CsvSource({
    "127.0.0.1, false",
    "10.1.2.3, false",
    "172.16.0.1, false",
    "172.31.255.255, false",
    "172.32.0.1, true",
    "192.168.1.1, false",
    "169.254.169.254, false",
    "100.64.0.1, false",
    "100.128.0.1, true",
    "0.0.0.0, false",
    "224.0.0.1, false",
    "255.255.255.255, false",
    "198.18.5.5, false",
    "8.8.8.8, true",
    "1.1.1.1, true",
    "223.255.255.1, true",
    "::, false",
    "::1, false",
    "::ffff:127.0.0.1, false",
    "::ffff:8.8.8.8, true",
    "::7f00:1, false",
    "fe80::1, false",
    "fec0::1, false",
    "fd00:ec2::254, false",
    "ff02::1, false",
    "2001:db8::1, false",
    "2001::1, false",
    "2606:4700::1111, true",
    "2002:7f00:1::1, false",
    "2002:808:808::1, true",
    "64:ff9b::a9fe:a9fe, false",
    "64:ff9b::808:808, true"
  })
  void onlyWhatIsRoutedOnTheInternetIsPublic(String address, boolean allowed) throws Exception {
    // a literal is not looked up
    InetAddress parsed = InetAddress.getByName(address);
    assertEquals(allowed, AddressPolicy.PUBLIC.allows(parsed));
    assertEquals(true, AddressPolicy.ANY.allows(parsed));
  }
}
