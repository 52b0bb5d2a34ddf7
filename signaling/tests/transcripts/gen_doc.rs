#[test]
fn print() {
    use crate::common::*; use crate::common::room::*;
    let hex = |t: &str| -> [u8; 32] { let v: Vec<u8> = (0..32).map(|i| u8::from_str_radix(&t[2*i..2*i+2], 16).unwrap()).collect(); v.try_into().unwrap() };
    let host = Host::from_key(hex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"));
    let person = Person::from_key(hex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"));
    let name = parlour_signaling::RoomId([0,1,2,3,4,5,6,7,8,9,10,11]);
    let claim = host.claim(name, &[Rules::open(name)]);
    println!("CLAIM {}", serde_json::to_string(&claim).unwrap());
    println!("JOIN {}", serde_json::to_string(&host.join_as_host(name, &person, 1)).unwrap());
    println!("PID {}", person.pid(&host, 1).to_text());
}
